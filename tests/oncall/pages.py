"""Pages that the tests open, and who was sent what."""

from datetime import datetime, timedelta

from oncall import paging
from oncall.engine import escalate
from oncall.models import EscalationPolicy, Notification, Page, User
from oncall.paging import Actor, PageContent, PageRequest
from tests.cast import NOW


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def content(**fields: object) -> PageContent:
    return PageContent(
        **{  # type: ignore[arg-type]
            "title": "High error rate",
            "severity_label": "SEV-1 Critical",
            "rank": 1,
            "urgency": "high",
            "service": "Checkout",
            "started_at": NOW - minutes(2),
            "facts": ({"label": "Error rate", "value": "12 %"},),
            "links": ({"text": "Runbook", "href": "https://runbooks.example.org/checkout"},),
        }
        | fields
    )


def opened(
    policy: EscalationPolicy | None,
    at: datetime = NOW,
    subject: str = "test:1",
    hold_reason: str = "",
    **fields: object,
) -> Page:
    return paging.open_page(PageRequest(subject, content(**fields), policy.pk if policy else None, at, hold_reason), at)


def by(user: User, source: str = "phone") -> Actor:
    return Actor(user, str(user), source)


def names(kind: str = "page", **filters: object) -> list[str]:
    """To whom messages were posted, in their order."""
    rows = Notification.objects.filter(kind=kind, **filters).select_related("person", "channel").order_by("pk")
    return [str(row.person or row.channel) for row in rows]


def paged(page: Page | None = None) -> list[tuple[str, int | None, int | None]]:
    """Who was paged by which step and round, in the order posted."""
    rows = Notification.objects.filter(kind="page").select_related("person", "channel").order_by("pk")
    rows = rows.filter(page=page) if page else rows
    return [(str(row.person or row.channel), row.step, row.round) for row in rows]


def fallbacks() -> list[datetime]:
    """When the fallback was told."""
    return [row.due_at for row in Notification.objects.filter(kind="fallback").order_by("pk")]


def all_sent(at: datetime = NOW) -> None:
    """Everything due has arrived."""
    Notification.objects.filter(state="pending", due_at__lte=at).update(state="sent", sent_at=at)


def tick(at: datetime) -> None:
    """A run of the engine whose messages all arrive."""
    escalate.run(at)
    all_sent(at)

"""Who acts in the tests of the verbs, and what the timeline then says."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from incidents.models import Incident
from oncall.models import Notification, Page, User
from oncall.paging import Actor
from tests.cast import NOW

SENDER = Actor(None, "Events", "sender")


def by(user: User) -> Actor:
    """This person, at the console, their permissions read anew."""
    fresh = User.objects.get(pk=user.pk)
    return Actor(fresh, str(fresh), "console")


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def kinds(incident: Incident) -> list[str]:
    """The timeline's kinds, as written."""
    return list(incident.timeline.order_by("id").values_list("kind", flat=True))


def texts(incident: Incident) -> str:
    return "\n".join(incident.timeline.order_by("id").values_list("text", flat=True))


def pages(incident: Incident) -> list[Page]:
    return list(Page.objects.filter(subject=incident.subject).order_by("id"))


def states(incident: Incident) -> Sequence[str]:
    return [page.state for page in pages(incident)]


def waiting_message(page: Page, person: User) -> Notification:
    """A message of the page that no provider was handed yet."""
    return Notification.objects.create(
        key=f"test:{page.pk}:{person.pk}",
        kind="page",
        person=person,
        recipient=str(person),
        transport="email",
        address=person.email,
        page=page,
        step=1,
        round=1,
        title="t",
        text="t",
        created_at=NOW,
        due_at=later(5),
        give_up_at=later(60),
    )

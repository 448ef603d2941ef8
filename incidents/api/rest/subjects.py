"""Which incident a page or a notification is about: on call keeps only an opaque subject, here it is read."""

from collections.abc import Iterable, Sequence

from django.db.models import Q

from incidents.models import Incident
from oncall.models import Notification, Page

_PAGE = "incident:"
_NOTICE = "aware:"


def attach(rows: Iterable[Page | Notification]) -> None:
    """Give each row its `incident` (or None); one query for all."""
    keys = {row: _key(row) for row in rows}
    incidents = Incident.objects.select_related("service").in_bulk([key for key in keys.values() if key is not None])
    for row, key in keys.items():
        row.incident = incidents.get(key or 0)  # type: ignore[union-attr]


def pages_of(number: str, user: object) -> Q:
    """Pages of an incident that the person may see; none where there is no such incident."""
    incident = Incident.objects.visible_to(user).filter(number=number).first()
    return Q(subject=incident.subject) if incident else Q(pk__in=())


def notifications_of(number: str, user: object) -> Q:
    """Notifications of an incident's pages, and those that made somebody aware of it."""
    incident = Incident.objects.visible_to(user).filter(number=number).first()
    if incident is None:
        return Q(pk__in=())
    return Q(page__subject=incident.subject) | Q(key__startswith=f"{_NOTICE}{incident.pk}:")


def _key(row: Page | Notification) -> int | None:
    subject = row.subject if isinstance(row, Page) else row.page.subject if row.page else ""
    if subject.startswith(_PAGE):
        return _number(subject.removeprefix(_PAGE).split(":"))
    if isinstance(row, Notification) and row.key.startswith(_NOTICE):
        return _number(row.key.removeprefix(_NOTICE).split(":"))
    return None


def _number(parts: Sequence[str]) -> int | None:
    return int(parts[0]) if parts[0].isdecimal() else None

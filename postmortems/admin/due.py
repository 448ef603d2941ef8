"""What the console's first page says of learning: postmortems due and late, actions overdue, and what is one's own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from oncall.models import User
from postmortems.admin import shapes
from postmortems.models import ActionItem, Postmortem

SHOWN: Final = 5
SOON: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Panel:
    """A card of the first page; its template reads `panel.values`."""

    template: str
    values: dict[str, Any]


def panels(request: HttpRequest, now: datetime) -> list[Panel]:
    """The cards that this person may see and that have something to say; five queries."""
    user = cast(User, request.user)
    found = []
    if user.has_perm("postmortems.view_postmortem"):
        found.append(Panel("admin/postmortems/now_postmortems.html", _postmortems(user, now)))
    if user.has_perm("postmortems.view_actionitem"):
        found.append(Panel("admin/postmortems/now_actions.html", _actions(user, now)))
    return [panel for panel in found if panel.values["any"]]


def _postmortems(user: User, now: datetime) -> dict[str, Any]:
    rows = Postmortem.objects.visible_to(user).filter(state__in=Postmortem.UNPUBLISHED, kind=Postmortem.Kind.FULL)
    late = Q(publish_due_at__lt=now) | Q(review_due_at__lt=now, review_scheduled_at=None)
    counts = rows.aggregate(open=Count("pk"), late=Count("pk", filter=late), mine=Count("pk", filter=Q(owner=user)))
    first = (
        rows.none()
        if not counts["open"]
        else rows.select_related("owner", "incident").order_by("publish_due_at", "pk")[:SHOWN]
    )
    shown = [(row, shapes.clock(row.publish_due_at, None, now), row.owner_id == user.pk) for row in first]
    return {**counts, "rows": shown, "any": counts["open"]}


def _actions(user: User, now: datetime) -> dict[str, Any]:
    today = timezone.localdate(now)
    rows = ActionItem.objects.visible_to(user).unfinished()
    counts = rows.aggregate(
        open=Count("pk"),
        late=Count("pk", filter=Q(due_on__lt=today)),
        mine=Count("pk", filter=Q(owner=user)),
    )
    first = rows.select_related("owner").order_by("due_on", "priority", "pk")
    mine = first.filter(owner=user, due_on__lte=today + SOON) if counts["mine"] else first.none()
    others = first.filter(due_on__lt=today).exclude(owner=user) if counts["late"] else first.none()
    return {**counts, "rows": _shown(mine, now), "others": _shown(others, now), "any": counts["open"]}


def _shown(rows: QuerySet[ActionItem], now: datetime) -> list[tuple[ActionItem, SafeString | str]]:
    return [(row, shapes.due_words(row, now)) for row in rows[:SHOWN]]

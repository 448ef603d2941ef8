"""The board of action items: columns by status, the most overdue first, moved by buttons."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, cast

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from oncall.admin.base import ConsoleAdmin
from oncall.models import Team, User
from postmortems.admin import deeds, shapes
from postmortems.admin.asked import ME, Asked, asked, the_list
from postmortems.admin.deeds import Deed
from postmortems.models import ActionItem

SHOWN: Final = 25  # of a column
SUGGESTED: Final = 200
FINISHED_FOR: Final = timedelta(days=14)
Status = ActionItem.Status
# Beside one another; those of one place stand below one another.
PLACES: Final = ((Status.OPEN,), (Status.IN_PROGRESS,), (Status.BLOCKED,), (Status.DONE, Status.WONT_DO))
# What one does most stands on the card, the rest behind "More".
AT_HAND: Final = frozenset({"begin", "finish", "reopen"})


@dataclass(frozen=True, slots=True)
class Card:
    """One action item; `due` says when it is due or how late it is."""

    row: ActionItem
    due: SafeString | str
    late: bool
    at_hand: list[Deed]
    more: list[Deed]


@dataclass(slots=True)
class Column:
    """One status; `count` is all of them, `cards` those shown; `whole` is the address of the list of all."""

    status: str
    words: str
    count: int
    whole: str
    cards: list[Card] = field(default_factory=list)


def board(admin: ConsoleAdmin, request: HttpRequest) -> HttpResponse:
    """The page; filters stand in the address, so that a board can be kept as a bookmark."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    user, now = cast(User, request.user), timezone.now()
    wanted = asked(request.GET)
    rows = wanted.rows(ActionItem.objects.visible_to(user), user)
    counts, late = _counts(rows, now)
    places = [[_column(status, counts.get(status, 0), wanted) for status in place] for place in PLACES]
    _fill([column for place in places for column in place], rows, user, now)
    context = {
        "opts": ActionItem._meta,
        "places": places,
        "teams": list(Team.objects.order_by("name")),
        "people": User.objects.filter(is_active=True).order_by("name", "username").only("username", "name")[:SUGGESTED],
        "priorities": ActionItem.Priority.values,
        "asked": wanted,
        "mine": wanted.owner == ME,
        "everybodys": Asked(wanted.team, wanted.priority, "", wanted.incident).query(),
        "own": Asked(wanted.team, wanted.priority, ME, wanted.incident).query(),
        "here": wanted.query(),
        "as_list": the_list(wanted),
        "total": sum(counts[status] for status in ActionItem.UNFINISHED if status in counts),
        "late": late,
        "shown": SHOWN,
        "finished_days": FINISHED_FOR.days,
    }
    return admin.screen(request, "admin/postmortems/board.html", _("Action board"), context)


def _finished(rows: QuerySet[ActionItem], now: datetime) -> QuerySet[ActionItem]:
    return rows.filter(status__in=(Status.DONE, Status.WONT_DO), finished_at__gte=now - FINISHED_FOR)


def _counts(rows: QuerySet[ActionItem], now: datetime) -> tuple[dict[str, int], int]:
    """(by status, how many are overdue); apart for the finished, so that each looks at its own index."""
    counts: dict[str, int] = {}
    overdue = 0
    late = Count("pk", filter=Q(status__in=ActionItem.UNFINISHED, due_on__lt=timezone.localdate(now)))
    for some in (rows.filter(status__in=ActionItem.UNFINISHED), _finished(rows, now)):
        for status, count, too_late in some.order_by().values_list("status").annotate(n=Count("pk"), late=late):
            counts[status] = count
            overdue += too_late
    return counts, overdue


def _column(status: str, count: int, wanted: Asked) -> Column:
    return Column(status, str(Status(status).label), count, the_list(wanted, status__exact=status))


def _fill(columns: list[Column], rows: QuerySet[ActionItem], user: User, now: datetime) -> None:
    """The first cards of each column: their keys by an index, then all of them at once."""
    keys = {column.status: _first(column.status, rows, now) for column in columns if column.count}
    found = ActionItem.objects.select_related("owner", "postmortem__incident", "postmortem__severity")
    by_key = found.in_bulk([key for some in keys.values() for key in some])
    for column in columns:
        for row in (by_key[key] for key in keys.get(column.status, []) if key in by_key):
            may = deeds.of_action(row, user)
            column.cards.append(
                Card(
                    row,
                    shapes.due_words(row, now),
                    shapes.is_overdue(row, now),
                    [deed for deed in may if deed.slug in AT_HAND],
                    [deed for deed in may if deed.slug not in AT_HAND],
                )
            )


def _first(status: str, rows: QuerySet[ActionItem], now: datetime) -> list[int]:
    if status not in ActionItem.UNFINISHED:
        done = _finished(rows, now).filter(status=status).order_by("-finished_at", "-pk")
        return list(done.values_list("pk", flat=True)[:SHOWN])
    own = rows.filter(status=status)
    dated = own.filter(due_on__isnull=False).order_by("due_on", "priority", "pk")
    keys = list(dated.values_list("pk", flat=True)[:SHOWN])
    if len(keys) < SHOWN:  # without a date: after all that have one
        undated = own.filter(Q(due_on=None)).order_by("priority", "pk")
        keys += undated.values_list("pk", flat=True)[: SHOWN - len(keys)]
    return keys

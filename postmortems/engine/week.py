"""What a week's digests tell of, read once for the managers of a zone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, TypeVar

from django.db.models import Q

from oncall import handoffs
from oncall.models import HandoffSide, Team, User
from postmortems.answering import Hidden, reachable
from postmortems.engine import owed
from postmortems.engine.owed import Owed
from postmortems.logic import due
from postmortems.models import ActionItem, DueMove, Postmortem

Row = TypeVar("Row", bound=Hidden)
ByTeam = dict[int | None, list[Row]]


class Ended(NamedTuple):
    """An action item that came due in the week, or was done in it."""

    postmortem_id: int
    private: bool | None
    team_id: int | None
    status: str
    due_on: date | None
    finished_at: datetime | None


class Moved(NamedTuple):
    """One move of a due date in the week."""

    postmortem_id: int
    private: bool | None
    team_id: int | None
    action_id: int
    words: str
    from_on: date | None
    to_on: date
    by: str
    reason: str


class Late(NamedTuple):
    """A postmortem whose clock ran out."""

    postmortem_id: int
    private: bool | None
    team_id: int | None
    number: str
    title: str
    owner: str
    owner_username: str | None
    publish_due_at: datetime | None
    review_due_at: datetime | None
    review_scheduled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Week:
    """`start` and `end` are the span; `open` is as it is now, `lost` are owners whom no message would find."""

    day: date
    start: datetime
    end: datetime
    open: ByTeam[Owed]
    ended: ByTeam[Ended]
    moved: ByTeam[Moved]
    late: ByTeam[Late]
    unsigned: list[HandoffSide]
    lost: dict[int, User]
    teams: Mapping[int, str]


def read(day: date, zone: str, teams: set[int | None], now: datetime) -> Week:
    """All that these teams' week is told of (None: what has no team); eight queries however much it is."""
    start, end = due.weekly_span(day, zone)
    actions = ActionItem.objects.filter(_of(teams, "postmortem__service__team"))
    in_week = Q(due_on__gte=day - due.WEEK, due_on__lt=day)
    done = Q(status=ActionItem.Status.DONE, finished_at__gte=start, finished_at__lt=end)
    hidden = ("postmortem_id", "postmortem__incident__private", "postmortem__service__team_id")
    ended = actions.filter(in_week | done).values_list(*hidden, "status", "due_on", "finished_at")
    moves = DueMove.objects.filter(_of(teams, "action__postmortem__service__team"), at__gte=start, at__lt=end)
    moved = moves.order_by("at", "pk").values_list(
        *(f"action__{name}" for name in hidden),
        *("action_id", "action__description", "from_on", "to_on", "by_name", "reason"),
    )
    over = Q(publish_due_at__lt=now) | Q(review_due_at__lt=now, review_scheduled_at=None)
    postmortems = Postmortem.objects.filter(_of(teams, "service__team"), over, state__in=Postmortem.UNPUBLISHED)
    late = (
        postmortems.filter(kind=Postmortem.Kind.FULL)
        .order_by("publish_due_at", "pk")
        .values_list(
            *("pk", "incident__private", "service__team_id", "number", "title", "owner__name", "owner__username"),
            *("publish_due_at", "review_due_at", "review_scheduled_at"),
        )
    )
    rows = owed.read(actions.unfinished())
    return Week(
        day,
        start,
        end,
        _by_team(rows),
        _by_team(Ended(*row) for row in ended),
        _by_team(Moved(*row) for row in moved),
        _by_team(Late(*row) for row in late),
        list(handoffs.unsigned(now).filter(_of(teams, "handoff__schedule__team"))),
        _lost(rows),
        dict(Team.objects.values_list("pk", "name")),
    )


def _by_team(rows: Iterable[Row]) -> ByTeam[Row]:
    found: ByTeam[Row] = defaultdict(list)
    for row in rows:
        found[row.team_id].append(row)
    return found


def _of(teams: set[int | None], name: str) -> Q:
    wanted = Q((f"{name}__in", [team for team in teams if team]))
    return wanted | Q((name, None)) if None in teams else wanted


def _lost(rows: Iterable[Owed]) -> dict[int, User]:
    """Owners whom no message would find."""
    owners = User.objects.filter(pk__in={row.owner_id for row in rows if row.owner_id})
    nowhere = owners.filter(Q(is_active=False) | Q(email="")).prefetch_related("contact_methods")
    return {user.pk: user for user in nowhere if not reachable(user)}

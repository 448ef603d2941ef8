"""Wall-clock times of a zone as instants: what is skipped, what comes twice, and when the offset changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
NEVER = datetime.min.replace(tzinfo=UTC).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a zone's offset: at the UTC instant `at` the wall clock goes from `old_wall` to `new_wall`.

    `[old_wall, new_wall)` is skipped where that is a span; `[new_wall, old_wall)` comes twice where that is one.
    """

    at: datetime
    old_wall: datetime
    new_wall: datetime


def utc(instant: datetime) -> datetime:
    """The same instant in UTC; ValueError for a naive one, which would silently be read in the server's zone."""
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs an offset: {instant.isoformat()}")
    return instant.astimezone(UTC)


def wall_of(zone: str, instant: datetime) -> datetime:
    """The naive wall-clock time that `zone` shows at an aware instant."""
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def instant_of(zone: str, wall: datetime) -> datetime:
    """The UTC instant of a naive wall-clock time: skipped, the end of the gap; coming twice, the first."""
    return next(instants_of(zone, (wall,)))


def instants_of(zone: str, walls: Iterable[datetime]) -> Iterator[datetime]:
    """`instant_of` for many times; those that lie near one another and in order cost one subtraction each."""
    since = till = NEVER
    offset = timedelta()
    for wall in walls:
        if not since <= wall < till:
            offset, since, till = _stretch(zone, wall)
        yield (wall - offset).replace(tzinfo=UTC)


def _stretch(zone: str, wall: datetime) -> tuple[timedelta, datetime, datetime]:
    """(offset, from, to): every wall-clock time in [from, to) is its instant plus this offset."""
    year = wall.year
    start = datetime(year - 1, 1, 2, tzinfo=UTC)
    offset, since = _offset(ZoneInfo(zone), start), start.replace(tzinfo=None)
    for change in (*changes(zone, year - 1), *changes(zone, year), *changes(zone, year + 1)):
        if wall < change.old_wall:
            return offset, since, change.old_wall
        offset = change.new_wall - change.at.replace(tzinfo=None)
        since = max(change.old_wall, change.new_wall)
        if wall < change.new_wall:  # skipped: the offset that leads to the end of the gap, for this time alone
            return wall - change.at.replace(tzinfo=None), wall, wall
    return offset, since, datetime(year + 1, 12, 30, tzinfo=UTC).replace(tzinfo=None)


@lru_cache(maxsize=8192)
def changes(zone: str, year: int) -> tuple[Change, ...]:
    """Every change of the zone's offset in the UTC year, in order.

    zoneinfo does not tell its transitions, so the offset is compared day by day. Only two changes within one UTC day
    that undo each other would escape; the zone database has none.
    """
    zone_info = ZoneInfo(zone)
    found = []
    day, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    before = _offset(zone_info, day)
    while day < end:
        tomorrow = day + DAY
        after = _offset(zone_info, tomorrow)
        while before != after:
            at = _first_with_another_offset(zone_info, day, tomorrow, before)
            then = _offset(zone_info, at)
            naive = at.replace(tzinfo=None)
            found.append(Change(at, naive + before, naive + then))
            day, before = at, then
        day = tomorrow
    return tuple(found)


def _first_with_another_offset(zone: ZoneInfo, low: datetime, high: datetime, offset: timedelta) -> datetime:
    while high - low > SECOND:
        middle = low + (high - low) // 2
        middle = max(middle.replace(microsecond=0), low + SECOND)
        if _offset(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()

"""The timeline as the page shows it: a hundred entries at a time, all or one sort of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t

from incidents.admin.shapes import moment
from incidents.models import Incident, TimelineEntry
from oncall.admin.base import lasting

PER_PAGE: Final = 100
MAX_PAGE: Final = 10_000
LATE: Final = timedelta(minutes=1)
_Kind = TimelineEntry.Kind
_PAGES: Final = (
    _Kind.PAGED, _Kind.UNREACHED, _Kind.FALLBACK, _Kind.SENT, _Kind.FAILED, _Kind.HELD, _Kind.RELEASED, _Kind.TIMEOUT,
    _Kind.AWARE,
)  # fmt: skip
_ALERTS: Final = (_Kind.OPENED, _Kind.ALERT)
# Changes of state: what somebody must know before they act on what they saw earlier.
CHANGES: Final = (
    _Kind.ACKNOWLEDGED, _Kind.SEVERITY, _Kind.MITIGATED, _Kind.RESOLVED, _Kind.REOPENED, _Kind.MERGED, _Kind.DISMISSED,
    _Kind.CLOSED, _Kind.TIMEOUT, _Kind.PRIVACY,
)  # fmt: skip
_BAD: Final = (_Kind.UNREACHED, _Kind.FAILED, _Kind.FALLBACK, _Kind.TIMEOUT)
_GOOD: Final = (_Kind.ACKNOWLEDGED, _Kind.MITIGATED, _Kind.RESOLVED, _Kind.CLOSED)
SORTS: Final[tuple[tuple[str, str | Promise], ...]] = (
    ("", _t("All")),
    ("people", _t("People")),
    ("alerts", _t("Alerts")),
    ("pages", _t("Pages")),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry; `written` says when it was written down where that was later than it happened."""

    entry: TimelineEntry
    sort: str
    tone: str
    at: SafeString
    written: SafeString | str


@dataclass(frozen=True, slots=True)
class Choice:
    """A link of the filter row."""

    words: str | Promise
    query: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    lines: list[Line]
    sorts: list[Choice]
    order: Choice
    newer: str
    older: str
    page: int


def timeline(incident: Incident, query: QueryDict, now: datetime) -> Timeline:
    """What the address asks for: `show` (people, alerts, pages), `order=oldest`, `page`. One query."""
    show = query.get("show", "")
    oldest_first = query.get("order") == "oldest"
    page = _page(query.get("page", ""))
    entries = incident.timeline.order_by("at", "id") if oldest_first else incident.timeline.order_by("-at", "-id")
    if show == "alerts":
        entries = entries.filter(kind__in=_ALERTS)
    elif show == "pages":
        entries = entries.filter(kind__in=_PAGES)
    elif show == "people":
        entries = entries.exclude(kind__in=(*_PAGES, *_ALERTS))
    first = (page - 1) * PER_PAGE
    rows = list(entries[first : first + PER_PAGE + 1])
    return Timeline(
        lines=[_line(row, now) for row in rows[:PER_PAGE]],
        sorts=[Choice(words, _query(query, show=key, page=""), key == show) for key, words in SORTS],
        order=Choice(
            _("Newest first") if oldest_first else _("Oldest first"),
            _query(query, order="" if oldest_first else "oldest", page=""),
            chosen=False,
        ),
        newer=_query(query, page=str(page - 1)) if page > 1 else "",
        older=_query(query, page=str(page + 1)) if len(rows) > PER_PAGE else "",
        page=page,
    )


def changed_since(incident: Incident, seen: int, now: datetime, kinds: Iterable[str] = CHANGES) -> SafeString | str:
    """What happened after the entry `seen`, in words, newest first; empty where nothing of these kinds did."""
    rows = incident.timeline.filter(pk__gt=seen, kind__in=kinds).order_by("-pk")[:3]
    parts = [f"{row.actor_name or _('the engine')} ({_ago(row.at, now)}): {row.text}" for row in rows]
    return _("Since you opened this: %(what)s") % {"what": " · ".join(parts)} if parts else ""


def _ago(at: datetime, now: datetime) -> str:
    return _("%(span)s ago") % {"span": lasting(max(now - at, timedelta(0)))}


def _line(entry: TimelineEntry, now: datetime) -> Line:
    sort = "pages" if entry.kind in _PAGES else "alerts" if entry.kind in _ALERTS else "people"
    tone = "bad" if entry.kind in _BAD else "ok" if entry.kind in _GOOD else "muted"
    late = entry.recorded_at - entry.at > LATE
    written: Any = format_html("{} {}", _("written down"), moment(entry.recorded_at, now)) if late else ""
    return Line(entry, sort, tone, moment(entry.at, now), written)


def _page(text: str) -> int:
    return min(max(int(text), 1), MAX_PAGE) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _query(query: QueryDict, **changes: str) -> str:
    """The address's query with some of our own words changed; nothing else that stood in it is carried on."""
    wanted = {key: query.get(key, "") for key in ("show", "order", "page")} | changes
    kept = QueryDict(mutable=True)
    kept.update({key: value for key, value in wanted.items() if value and (key, value) != ("page", "1")})
    return f"?{kept.urlencode()}"

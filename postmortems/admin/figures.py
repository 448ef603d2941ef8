"""How far action items come: completion rates by team, priority and age, and the days it took; each opens its list."""

from collections.abc import Callable, Iterable, Mapping
from csv import writer
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from typing import Any, Final, cast

from django.core.exceptions import PermissionDenied
from django.db.models import Case, CharField, Count, Q, QuerySet, Value, When
from django.db.models.functions import TruncWeek
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from oncall.admin.base import ConsoleAdmin
from oncall.models import Team, User
from oncall.text import csv_cell
from postmortems.admin import plots
from postmortems.admin.asked import NO_TEAM, Asked, age_words, the_list, week_from
from postmortems.logic.completion import AGES, Tally, median_days
from postmortems.models import ActionItem

WINDOWS: Final = ("30", "365", "")  # days since it was added; empty: all
USUAL: Final = "365"
TIMED: Final = 10_000  # of the newest done ones the days are known
EXPORTED: Final = 10_000
WEEKS: Final = 12
Status = ActionItem.Status


@dataclass(frozen=True, slots=True)
class Line:
    """One group: its figures, and the address of each one's list by the figure's name."""

    words: str
    tally: Tally
    days: float | None
    lists: Mapping[str, str]

    @property
    def percent(self) -> str:
        return "–" if self.tally.rate is None else f"{self.tally.rate:.0%}"

    @property
    def took(self) -> str:
        return "–" if self.days is None else f"{self.days:.0f}" if self.days >= 10 else f"{self.days:.1f}"


@dataclass(frozen=True, slots=True)
class Group:
    """A table and its plot."""

    key: str
    title: str
    heading: str
    lines: list[Line]
    bars: list[plots.Bar]


def figures(admin: ConsoleAdmin, request: HttpRequest) -> HttpResponse:
    """The page, or with `as=csv` its tables, with `as=items` the items, as CSV; about ten queries."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    user, now = cast(User, request.user), timezone.now()
    since, team = _asked(request)
    rows = _within(ActionItem.objects.visible_to(user), since, now)
    rows = Asked(team=team).rows(rows, user)
    if request.GET.get("as") == "items":
        return _csv("action-items.csv", _items(rows))
    groups = _groups(rows, since, team, now)
    whole = groups.pop(0).lines[0]
    if request.GET.get("as") == "csv":
        return _csv("completion.csv", _table([whole], groups))
    context = {
        "opts": ActionItem._meta,
        "whole": whole,
        "groups": groups,
        "weeks": _weeks(rows, Asked(team=team), {"since": since} if since else {}, now),
        "windows": [(days, _window(days)) for days in WINDOWS],
        "since": since,
        "team": team,
        "teams": list(Team.objects.order_by("name")),
        "timed": TIMED if whole.tally.done > TIMED else 0,
    }
    return admin.screen(request, "admin/postmortems/figures.html", _("Completion of action items"), context)


def _asked(request: HttpRequest) -> tuple[str, str]:
    since = request.GET.get("since", USUAL)
    return (since if since in WINDOWS else USUAL), request.GET.get("team", "")[:100].replace("\x00", "")


def _window(days: str) -> str:
    return {"30": _("past 30 days"), "365": _("past year"), "": _("always")}[days]


def _within(rows: QuerySet[ActionItem], since: str, now: datetime) -> QuerySet[ActionItem]:
    return rows.filter(created_at__gte=now - timedelta(days=int(since))) if since else rows


def _groups(rows: QuerySet[ActionItem], since: str, team: str, now: datetime) -> list[Group]:
    """All in one line first, then by team, priority and age."""
    aged = rows.annotate(age=_age(now))
    names = dict(Team.objects.values_list("slug", "name"))
    base = {"since": since} if since else {}
    slug = "postmortem__service__team__slug"
    days = _days(aged, slug)

    def lines(index: int, fields: list[str], words: Callable[[str], str], more: Callable[[str], dict[str, str]]) -> Any:
        found = _tallies(aged, fields, now)
        took: dict[str, list[float]] = {}
        for row in days:
            key = (row[0], row[1], row[2])[index] if fields else ""
            took.setdefault(key, []).append(row[3])
        wanted = Asked(team=team)
        return [
            Line(words(key), tally, median_days(took.get(key, [])), _lists(wanted, {**base, **more(key)}))
            for key, tally in found.items()
        ]

    ages = {age.key: age for age in AGES}
    every = lines(0, [], lambda _key: _("All of them"), lambda _key: {})
    of_team = lines(0, [slug], lambda key: names.get(key, _("no team")), lambda key: {"team": key or NO_TEAM})
    of_priority = lines(1, ["priority"], lambda key: key or _("no priority"), lambda key: {"priority__exact": key})
    of_age = lines(2, ["age"], lambda key: age_words(ages[key]), lambda key: {"age": key})
    of_age.sort(key=lambda line: [age_words(age) for age in AGES].index(line.words))
    return [
        _group("all", _("All"), "", every or [Line(_("All of them"), Tally(), None, _lists(Asked(team=team), base))]),
        _group("team", _("By team"), _("Team"), sorted(of_team, key=lambda line: line.words.casefold())),
        _group("priority", _("By priority"), _("Priority"), sorted(of_priority, key=lambda line: line.words)),
        _group("age", _("By age: days since it was added"), _("Age"), of_age),
    ]


def _group(key: str, title: str, heading: str, lines: list[Line]) -> Group:
    return Group(key, title, heading, lines, [plots.bar(line.words, line.percent, line.tally) for line in lines])


def _age(now: datetime) -> Case:
    return Case(
        *(When(created_at__gt=now - timedelta(days=age.below), then=Value(age.key)) for age in AGES if age.below),
        default=Value(AGES[-1].key),
        output_field=CharField(),
    )


def _tallies(rows: QuerySet[ActionItem], fields: list[str], now: datetime) -> dict[str, Tally]:
    """By the field's value, empty for none; without a field one tally of all."""
    to_do = Q(status__in=ActionItem.UNFINISHED)
    grouped: Any = rows.order_by().annotate(one=Value("")).values(*(fields or ["one"]))
    found = grouped.annotate(
        n_done=Count("pk", filter=Q(status=Status.DONE)),
        n_open=Count("pk", filter=to_do),
        n_overdue=Count("pk", filter=to_do & Q(due_on__lt=timezone.localdate(now))),
        n_declined=Count("pk", filter=Q(status=Status.WONT_DO)),
    )
    name = fields[0] if fields else "one"
    tallies: dict[str, Tally] = {}
    for row in found:
        key, before = row[name] or "", tallies.get(row[name] or "", Tally())
        tallies[key] = Tally(
            before.done + row["n_done"],
            before.open + row["n_open"],
            before.overdue + row["n_overdue"],
            before.declined + row["n_declined"],
        )
    return tallies


def _days(rows: QuerySet[ActionItem], slug: str) -> list[tuple[str, str, str, float]]:
    """(team, priority, age, days it took) of the newest done ones."""
    done = rows.filter(status=Status.DONE, finished_at__isnull=False).order_by("-finished_at", "-pk")
    found = done.values_list(slug, "priority", "age", "created_at", "finished_at")[:TIMED]
    return [(team or "", priority, age, (end - begin) / timedelta(days=1)) for team, priority, age, begin, end in found]


def _lists(wanted: Asked, more: dict[str, str]) -> dict[str, str]:
    """The address of the list behind each figure of a line."""
    team = more.pop("team", wanted.team)
    wanted = Asked(team=team)
    return {
        "all": the_list(wanted, **more),
        "done": the_list(wanted, **more, status__exact=Status.DONE),
        "open": the_list(wanted, **more, open="yes"),
        "overdue": the_list(wanted, **more, open="late"),
        "declined": the_list(wanted, **more, status__exact=Status.WONT_DO),
    }


def _weeks(rows: QuerySet[ActionItem], wanted: Asked, base: Mapping[str, str], now: datetime) -> plots.Columns:
    """How many were done in each of the past weeks, Monday to Sunday where the reader is."""
    today = timezone.localdate(now)
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    done = rows.filter(status=Status.DONE, finished_at__gte=week_from(mondays[0])[0]).order_by()
    found = done.annotate(week=TruncWeek("finished_at")).values_list("week").annotate(n=Count("pk"))
    counts = {week.date(): count for week, count in found}
    table = [
        (
            date_format(day, "j M"),
            counts.get(day, 0),
            the_list(wanted, **base, finished=day.isoformat(), status__exact=Status.DONE),
        )
        for day in mondays
    ]
    return plots.columns(_("Done in each week"), table)


# -- CSV ---------------------------------------------------------------------------------------------------------------
def _table(whole: Iterable[Line], groups: Iterable[Group]) -> Iterable[list[Any]]:
    yield ["by", "group", "all", "done", "to do", "overdue", "won't do", "completion", "median days to done"]
    for by, lines in [("all", whole), *((group.key, group.lines) for group in groups)]:
        for line in lines:
            it = line.tally
            rate = None if it.rate is None else round(it.rate, 4)
            days = None if line.days is None else round(line.days, 2)
            yield [by, line.words, it.all, it.done, it.open, it.overdue, it.declined, rate, days]


def _items(rows: QuerySet[ActionItem]) -> Iterable[list[Any]]:
    yield [
        *("description", "kind", "priority", "status", "owner", "due", "team", "postmortem", "incident", "tracker"),
        *("added (UTC)", "finished (UTC)", "evidence", "reason"),
    ]
    known = rows.select_related("owner", "postmortem__incident", "postmortem__service__team").order_by("-pk")
    for row in known[:EXPORTED]:
        about = row.postmortem
        yield [
            *(row.description, row.kind, row.priority, row.status, row.owner or row.owner_name, row.due_on),
            about.service.team if about.service else None,
            *(about.number, about.incident.number if about.incident else None, row.link),
            *(f"{at:%Y-%m-%d %H:%M}" if at else None for at in (row.created_at, row.finished_at)),
            *(row.evidence, row.reason),
        ]


def _csv(name: str, rows: Iterable[list[Any]]) -> HttpResponse:
    """No cell of it is a formula to a spreadsheet."""
    out = StringIO()
    writer(out).writerows([csv_cell(cell) for cell in row] for row in rows)
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer

"""Action items as the chase reads them, narrow, for very many come at once; and how each is told."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from django.conf import settings
from django.db.models import F, QuerySet
from django.db.models.functions import Left
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from oncall import keys
from oncall.letters import Entry
from oncall.text import one_line
from postmortems.logic import due
from postmortems.models import ActionItem

SHOWN: Final = 50  # entries of a message
WIDTH: Final = 160
LINK_PURPOSE: Final = "action"


class Owed(NamedTuple):
    """One unfinished action item. `private`: its words are in no message, for mail lies open on its way."""

    pk: int
    words: str
    owner_id: int | None
    owner_name: str
    owner_username: str | None
    written_owner: str
    priority: str
    due_on: date | None
    chased_from: date | None
    reminded_on: date | None
    created_at: datetime
    postmortem_id: int
    number: str
    private: bool | None
    team_id: int | None

    @property
    def owner(self) -> str:
        return self.owner_name or self.owner_username or self.written_owner or _("nobody")


_COLUMNS: Final = (
    *("pk", "words", "owner_id", "owner__name", "owner__username", "owner_name", "priority", "due_on", "chased_from"),
    *("reminded_on", "created_at", "postmortem_id", "postmortem__number", "postmortem__incident__private"),
    "postmortem__service__team_id",
)


def read(rows: QuerySet[ActionItem]) -> list[Owed]:
    """One query, the longest due first."""
    ordered = rows.order_by(F("due_on").asc(nulls_last=True), "priority", "pk")
    return [Owed(*row) for row in ordered.annotate(words=Left("description", 2 * WIDTH)).values_list(*_COLUMNS)]


def item(row: Owed) -> due.Item:
    """As the rules see it; it has a date."""
    due_on = row.due_on or row.created_at.date()
    return due.Item(
        row.pk, row.owner_id or 0, row.priority, due_on, row.chased_from or row.created_at.date(), row.reminded_on
    )


def entries(rows: Sequence[Owed], day: date, *, owners: bool = False, acts: bool = False) -> tuple[Entry, ...]:
    """One for each; `owners` names whose it is, `acts` lets the reader say that it is done."""
    site, done = _site(), _("Mark as done")
    return tuple(
        Entry(
            title(row),
            tuple(_facts(row, day, owners=owners)),
            link=f"{site}{row.pk}/change/",
            act=done if acts else "",
            act_link=keys.reader_link(LINK_PURPOSE, row.pk) if acts else "",
            grave=row.due_on is not None and row.due_on < day,
        )
        for row in rows
    )


def title(row: Owed) -> str:
    return _("An action item of a private incident") if row.private else one_line(row.words, WIDTH)


def when(due_on: date | None, day: date) -> str:
    """'due today', 'due Fri 20 Feb, 3 days late'."""
    return _when(due_on, day, get_language()) if due_on else _("no date")


def day_of(each: date) -> str:
    """'Fri 20 Feb 2026'"""
    return date_format(each, "D j M Y")


def console(name: str, query: str = "") -> str:
    """The whole address of one of the console's lists."""
    return f"{settings.SITE_URL}{_path(name)}{query}"


@lru_cache(maxsize=20)
def _path(name: str) -> str:
    return reverse(f"admin:{name}")


def _facts(row: Owed, day: date, *, owners: bool) -> Iterable[str]:
    if row.priority:
        yield row.priority
    yield when(row.due_on, day)
    if owners and not row.private:  # who has a part in a private incident is not said either
        yield row.owner
    yield row.number


@lru_cache(maxsize=2_000)
def _when(due_on: date, day: date, _language: str | None) -> str:
    late = due.days_overdue(due_on, day)
    on = day_of(due_on)
    if late:
        words = ngettext("%(n)d day late (due %(day)s)", "%(n)d days late (due %(day)s)", late)
        return words % {"n": late, "day": on}
    if due_on == day:
        return _("due today")
    if due_on == day + due.DAY:
        return _("due tomorrow (%(day)s)") % {"day": on}
    return _("due %(day)s") % {"day": on}


def _site() -> str:
    return console("postmortems_actionitem_changelist")

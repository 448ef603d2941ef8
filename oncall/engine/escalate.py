"""Runs the due steps of pages: whom they mean, what they are told, and when the next step is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

from oncall import bulk, findings, outbox
from oncall.engine import set_back
from oncall.engine.looks import Looks
from oncall.engine.loop import sweep
from oncall.engine.messages import page_drafts
from oncall.engine.walks import COLUMNS, DuePage, Walk, walked
from oncall.logic.reach import in_words
from oncall.models import Page, StepRun
from oncall.paging.directory import Directory
from oncall.signals import PageEvent, tell

log = structlog.get_logger(__name__)

MOMENT = timedelta(microseconds=1)
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=5)
# A page whose steps still cannot be run after so many tries (half a minute) goes to the fallback: never silence.
TRIES = 5
LAST_ERROR = 500

_FOUND: Final = ("id", "round", "step", "due_at")
_PUT: Final = ("round", "step", "due_at", "exhausted_at", "failures", "last_error")


# Django cannot say "the next greater value, again and again": one probe of the index for each rank.
_RANKS: Final = """
    WITH RECURSIVE found(rank) AS (
        SELECT min(rank) FROM oncall_page WHERE due_at IS NOT NULL
        UNION ALL
        SELECT (SELECT min(p.rank) FROM oncall_page p WHERE p.due_at IS NOT NULL AND p.rank > found.rank)
        FROM found WHERE found.rank IS NOT NULL
    )
    SELECT rank FROM found WHERE rank IS NOT NULL
"""


class LostRaceError(Exception):
    """A claimed page was changed by somebody else: the batch is rolled back and its pages are looked at one by one."""


def run(now: datetime, looks: Looks | None = None) -> int:
    """Run one step of every page that is due, the most severe first. Returns how many pages moved on.

    `looks` is what a worker remembers from one tick to the next; without it everything is looked at.
    """
    looks = looks or Looks()
    if looks.set_back(now):
        _bring_back(now)
    if not looks.any_due(now):
        return 0  # without a transaction: SQLite's would take the one write lock
    due = Page.every.filter(due_at__lte=now, held_at=None).order_by("due_at").values_list(*COLUMNS, named=True)
    return sweep([due.filter(rank=rank) for rank in _ranks()], Tick(Directory(now)).act, now, postpone=postpone)


def _ranks() -> list[int]:
    """Of pages that have a step ahead, the most severe first. Each rank's pages lie in the index by age: asked for all
    ranks in order, the database would sort all that is due anew for each batch."""
    with connection.cursor() as cursor:
        cursor.execute(_RANKS)
        return [rank for (rank,) in cursor.fetchall()]


@dataclass(slots=True)
class Tick:
    """Whom targets mean is read once for all batches of a tick, but anew for a page that is looked at alone and after
    a batch that failed: what was read may be why."""

    directory: Directory

    def act(self, pages: Sequence[DuePage], now: datetime) -> None:
        directory = self.directory if len(pages) > 1 else Directory(now)
        self.directory = Directory(now)
        act(pages, now, directory)
        self.directory = directory


def _bring_back(now: datetime) -> None:
    """Where it fails, what is due is done nevertheless."""
    try:
        set_back.run(now)
    except DatabaseError:
        raise
    except Exception as error:
        log.exception("not_brought_back")
        findings.stumbled("oncall.set_back", _("what waits since before the clock was set back"), error, now)


def act(pages: Sequence[DuePage], now: datetime, directory: Directory | None = None) -> None:
    """Move each claimed page on: one step, and further ones only while they reach nobody.

    Inside the claiming transaction: step runs, messages, cursor and events are there together or not at all. The
    number of queries does not grow with the number of pages. Raises LostRaceError where a page of several moved.
    """
    directory = directory or Directory(now)
    walks = walked(pages, directory, now)
    if not _advance(walks, now):
        return
    post = page_drafts(walks, directory, now)
    _keep_runs(walks, now)
    outbox.post(post.drafts, now)
    _tell_of(pages, post.events)


def postpone(page: DuePage, error: Exception, now: datetime) -> None:
    """Push a page that raised ahead, longer each time; after some tries its next run is the fallback."""
    failures = page.failures + 1
    pause = min(FIRST_PAUSE * 2 ** min(page.failures, 10), LONGEST_PAUSE)
    fallback: dict[str, Any] = {"step": 0} if failures == TRIES else {}
    Page.every.filter(pk=page.pk, step=page.step, round=page.round, due_at__lte=now).update(
        failures=failures, last_error=repr(error)[:LAST_ERROR], due_at=now + pause, **fallback
    )


def _tell_of(pages: Sequence[DuePage], events: Sequence[PageEvent]) -> None:
    """A timeline that cannot be written must not keep anybody from being paged: the second try does without."""
    try:
        with transaction.atomic():
            tell(events)
    except Exception:
        if not all(page.failures for page in pages):
            raise
        log.exception("page_events_lost", pages=[page.pk for page in pages])


def _advance(walks: Sequence[Walk], now: datetime) -> bool:
    """Compare-and-set of every page's cursor: whoever comes second changes nothing.

    A pair of round and step never comes twice and a held page has no due time, so that the comparison holds even
    where rows are not locked.
    """
    rows = [
        (
            *(page.pk, page.round, page.step, page.due_at),
            walk.following.round,
            walk.following.step,
            max(walk.following.due_at, now + MOMENT) if walk.goes_on else None,
            (page.exhausted_at or now) if walk.told_fallback else None,
            *(0, ""),
        )
        for walk in walks
        for page in walk.pages
    ]
    moved = bulk.update(Page, _FOUND, _PUT, rows)
    if moved != len(rows) and len(rows) > 1:
        raise LostRaceError
    return moved == len(rows)


def _keep_runs(walks: Sequence[Walk], now: datetime) -> None:
    rows = [
        (page.pk, taken.cursor.round, taken.cursor.step, now, taken.found.reached, misses)
        for walk in walks
        for taken in walk.taken
        for misses in (in_words(taken.found.misses),)
        for page in walk.pages
    ]
    bulk.insert(StepRun, ("page_id", "round", "step", "ran_at", "reached", "misses"), rows, unless_there=True)

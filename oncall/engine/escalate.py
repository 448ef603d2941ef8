"""Runs the due steps of pages: whom they mean, what they are told, and when the next step is due."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from oncall import outbox
from oncall.engine.loop import sweep
from oncall.engine.messages import page_drafts
from oncall.engine.walks import Walk, previews, walked
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


class LostRaceError(Exception):
    """A claimed page was changed by somebody else: the batch is rolled back and its pages are looked at one by one."""


def run(now: datetime) -> int:
    """Run one step of every page that is due, the most severe first. Returns how many pages moved on."""
    due = Page.objects.filter(due_at__lte=now, held_at=None).order_by("rank", "due_at", "pk")
    return sweep(due, act, now, postpone=postpone)


def act(pages: Sequence[Page], now: datetime) -> None:
    """Move each claimed page on: one step, and further ones only while they reach nobody.

    Inside the claiming transaction: step runs, messages, cursor and events are there together or not at all. The
    number of queries does not grow with the number of pages. Raises LostRaceError where a page of several moved.
    """
    directory = Directory(now)
    walks = walked(pages, directory, now)
    if not _advance(walks, now):
        return
    posts = page_drafts(walks, previews(walks, directory, now), now)
    StepRun.objects.bulk_create([run for walk in walks for run in walk.runs], ignore_conflicts=True, batch_size=500)
    outbox.post([draft for post in posts for draft in post.drafts], now)
    _tell_of(pages, [event for post in posts for event in post.events])


def postpone(page: Page, error: Exception, now: datetime) -> None:
    """Push a page that raised ahead, longer each time; after some tries its next run is the fallback."""
    failures = page.failures + 1
    pause = min(FIRST_PAUSE * 2 ** min(page.failures, 10), LONGEST_PAUSE)
    fallback: dict[str, Any] = {"step": 0} if failures == TRIES else {}
    Page.objects.filter(pk=page.pk, step=page.step, round=page.round, due_at__lte=now).update(
        failures=failures, last_error=repr(error)[:LAST_ERROR], due_at=now + pause, **fallback
    )


def _tell_of(pages: Sequence[Page], events: Sequence[PageEvent]) -> None:
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

    Pages that move alike share one statement. A pair of round and step never comes twice, so that the comparison
    holds even where rows are not locked.
    """
    alike: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for walk in walks:
        page, following = walk.page, walk.following
        due_at = max(following.due_at, now + MOMENT) if page.state == Page.State.OPEN else None
        exhausted_at = (page.exhausted_at or now) if walk.told_fallback else None
        alike[(page.round, page.step, following.round, following.step, due_at, exhausted_at)].append(page.pk)
    moved = 0
    for (round_, step, to_round, to_step, due_at, exhausted_at), keys in alike.items():
        moved += Page.objects.filter(pk__in=keys, round=round_, step=step, due_at__lte=now, held_at=None).update(
            round=to_round, step=to_step, due_at=due_at, exhausted_at=exhausted_at, failures=0, last_error=""
        )
    if moved != len(walks) and len(walks) > 1:
        raise LostRaceError
    return moved == len(walks)

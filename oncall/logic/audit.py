"""What an audit calls a fault: a step of a chain that reaches nobody for a while, a job that does not run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.logic.duty import Span, free

AHEAD = timedelta(days=7)
PAGE_LATE = timedelta(seconds=60)
# The most severe ranks: for them the audit asks that somebody is being paged.
GRAVE = 2
# A job is late after three periods, and never before half a minute.
PERIODS = 3
JOB_LATE = timedelta(seconds=30)
# A job that runs each second is written down less often than that.
RECORDED_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic job as it stands: `enabled` None where the beat does not know it, `done_at` None where it never
    came to its end."""

    every: timedelta
    enabled: bool | None
    done_at: datetime | None


def holes(
    start: datetime, end: datetime, covered: Iterable[Span], excused: Iterable[Span], needed: Iterable[Span]
) -> list[Span]:
    """When within [start, end) somebody is needed, nobody is there, and nobody said that this is meant. Half-open."""
    busy = sorted([*covered, *excused])
    found: list[Span] = []
    for since, till in joined(needed):
        since, till = max(since, start), min(till, end)
        if since < till:
            found += free(since, till, busy)
    return found


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as possible, in order."""
    found: list[Span] = []
    for since, till in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], till))
        elif since < till:
            found.append((since, till))
    return found


def missing_jobs(jobs: Mapping[str, Job]) -> list[str]:
    """Jobs that the beat does not know; where it knows none, no beat runs here and that is meant."""
    known = any(job.enabled is not None for job in jobs.values())
    return [name for name, job in jobs.items() if known and job.enabled is None]


def disabled_jobs(jobs: Mapping[str, Job]) -> list[str]:
    """Jobs that somebody switched off."""
    return [name for name, job in jobs.items() if job.enabled is False]


def late_jobs(jobs: Mapping[str, Job], auditor: str, now: datetime) -> list[str]:
    """Jobs that run no more though the audit does: late, and not run since its last look. Nothing is said while the
    audit has itself just come back: after a standstill all are late, and run again."""
    own = jobs.get(auditor)
    if own is None or own.done_at is None or _late(own, now):
        return []
    looked_at = own.done_at
    return [name for name, job in jobs.items() if name != auditor and _late(job, now) and _gone(job, looked_at, now)]


def late_before(looked_at: datetime, now: datetime) -> datetime:
    """Pages due before this are late: longer than a minute, and already at the audit's last look. What became due
    while all stood still, or by a clock that was set forth, is done by those who came back with the audit."""
    return min(now - PAGE_LATE, looked_at)


def _gone(job: Job, looked_at: datetime, now: datetime) -> bool:
    """A last run that lies ahead, the clock set back, is none."""
    return job.done_at is not None and (job.done_at < looked_at - RECORDED_EVERY or job.done_at > now)


def _late(job: Job, now: datetime) -> bool:
    return job.done_at is not None and abs(now - job.done_at) > max(JOB_LATE, job.every * PERIODS)

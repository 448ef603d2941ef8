"""What must hold for somebody to be paged in time: one list, read by /readyz, the console and the watchdog."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max, Min
from django.utils.translation import gettext as _
from django_celery_beat.models import PeriodicTask

from incidentops.beat import JOBS, Job
from incidentops.health import oldest
from oncall import canary, findings
from oncall.engine.dispatch import TIMEOUT_SECONDS
from oncall.engine.waiting import LEASE
from oncall.logic.audit import GRAVE
from oncall.models import JobRun, Notification

PAGE_LATE: Final = timedelta(seconds=60)
NOTIFICATION_LATE: Final = timedelta(seconds=120)
INBOX_LATE: Final = timedelta(seconds=60)
SWEEP_LATE: Final = timedelta(seconds=30)
LEASE_LATE: Final = timedelta(seconds=5 * TIMEOUT_SECONDS)
CANARY_LATE: Final = 3 * canary.EVERY
CANARY: Final = "canary"
# Several machines' clocks differ by less; more than that ahead of us is a clock that was set back.
SKEW: Final = timedelta(seconds=10)

#: The jobs that page. Where one of them stops, the watchdog does their work. Not the rare ones that only judge: their
#: last run, a minute ago when all is well, is no proof of how long the pager has stood still.
PAGING: Final = frozenset(
    job.task for job in JOBS if job.queue == "paging" and job.every_seconds < SWEEP_LATE.total_seconds()
)


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that must hold; `detail` says in words what does not, `seconds` how old it is what the term judges."""

    name: str
    ok: bool
    detail: str = ""
    seconds: float = 0.0


def engine_terms(now: datetime) -> list[Term]:
    """Every term; nine small queries. Raises DatabaseError where the database does not answer."""
    return [*_job_terms(now), *_late_terms(now), _lease_term(now), _audit_term(), _canary_term(now)]


def database_away() -> Term:
    """The only term that is left then."""
    return Term("database", False, _("The database does not answer."))


def _job_terms(now: datetime) -> list[Term]:
    done = dict(JobRun.objects.values_list("task", "done_at"))
    enabled = dict(PeriodicTask.objects.filter(name__in=[job.task for job in JOBS]).values_list("name", "enabled"))
    return [_job_term(job, done.get(job.task), enabled.get(job.task, True), now) for job in JOBS]


def _job_term(job: Job, last: datetime | None, enabled: bool, now: datetime) -> Term:
    words = {"job": job.task}
    if not enabled:
        return Term(job.task, False, _("The job %(job)s is switched off.") % words)
    if last is None:
        # A rare job may run for the first time a whole period from now: only frequent ones are late.
        frequent = job.every_seconds < SWEEP_LATE.total_seconds()
        return Term(job.task, not frequent, _("The job %(job)s has never run.") % words if frequent else "")
    age = now - last
    if age < -SKEW:
        # It proves nothing: a job that died before the clock was set back would else look well for as long as that.
        # One that lives is called at once by the beat (see `clock`), so this is over in seconds.
        detail = _("The clock was set back, and the job %(job)s has not run since.") % words
        return Term(job.task, False, detail)
    seconds = age.total_seconds()
    if age > max(SWEEP_LATE, timedelta(seconds=job.every_seconds * 3)):
        detail = _("The job %(job)s last ran %(seconds)d s ago.") % {**words, "seconds": seconds}
        return Term(job.task, False, detail, seconds)
    return Term(job.task, True, seconds=seconds)


def _late_terms(now: datetime) -> list[Term]:
    message = oldest.message()
    return [
        _late("oldest_due_page", _("The oldest due page waits"), oldest.page(), PAGE_LATE, now),
        _late("oldest_queued_notification", _("The oldest queued notification waits"), message, NOTIFICATION_LATE, now),
        _late("oldest_inbox_item", _("The oldest accepted alert waits"), oldest.accepted(), INBOX_LATE, now),
    ]


def _late(name: str, words: str, since: datetime | None, limit: timedelta, now: datetime) -> Term:
    age = (now - since).total_seconds() if since else 0.0
    late = age > limit.total_seconds()
    return Term(name, not late, f"{words}: {age:.0f} s." if late else "", max(age, 0.0))


def _lease_term(now: datetime) -> Term:
    """A message being sent whose lease ended five timeouts ago: its sender died and nobody took it up; or one whose
    lease ends later than any taken now would: the clock was set back, and it would wait until that hour comes again."""
    leases = Notification.objects.filter(state=Notification.State.SENDING)
    ends = leases.aggregate(first=Min("lease_until_at"), last=Max("lease_until_at"))
    if ends["last"] and ends["last"] > now + LEASE + SKEW:
        return Term("lease", False, _("A message is being sent under a lease from before the clock was set back."))
    return _late("lease", _("A message being sent was abandoned, and waits"), ends["first"], LEASE_LATE, now)


def _audit_term() -> Term:
    """What the audit found and somebody would miss now; a hole of next week has its incident and can wait."""
    grave = findings.standing().filter(rank__lte=GRAVE).first()
    return Term("audit", grave is None, grave.text if grave else "")


def _canary_term(now: datetime) -> Term:
    """The watchdog's own alert came through, and there is one at all: where it never posted any, none is missed."""
    last = canary.ended().first()
    if last is None:
        return Term(CANARY, True)
    age = now - last.posted_at
    if age > CANARY_LATE:
        words = _("No canary alert was posted for %(minutes)d min: does the watchdog run?")
        return Term(CANARY, False, words % {"minutes": age.total_seconds() // 60}, age.total_seconds())
    if last.failed:
        words = _("The canary alert of %(at)s UTC did not come through: %(why)s.")
        return Term(CANARY, False, words % {"at": f"{last.posted_at:%H:%M}", "why": last.failed}, age.total_seconds())
    return Term(CANARY, True, seconds=age.total_seconds())

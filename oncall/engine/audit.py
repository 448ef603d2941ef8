"""Each minute: would somebody be paged? What says no becomes a finding."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog
from django.conf import settings
from django.db.models import Count, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_celery_beat.models import PeriodicTask

from oncall import findings, paging, roster
from oncall.findings import Found
from oncall.logic import audit, coverage
from oncall.logic.reach import Reachability, Why, obstacle
from oncall.models import AuditFinding, JobRun, Layer, NotificationRule, Page, Schedule, User

log = structlog.get_logger(__name__)

TASK: Final = "oncall.audit"
URGENT: Final = "high"

Kind = AuditFinding.Kind


def run(now: datetime) -> int:
    """Look at pages, at who is on call and at the engine's jobs. Returns how many findings began or were cleared.

    The number of queries is fixed; the rows read are the schedules and what is wrong, not what is stored. One look
    that fails keeps from none of the others.
    """
    looks: dict[Kind, Callable[[], Iterable[Found]]] = {
        Kind.STUCK: _stuck,
        Kind.LATE: partial(_late, now),
        Kind.UNREACHABLE: partial(_unreachable, now),
        Kind.JOB: partial(_jobs, now),
    }
    return findings.quiet(now) + sum(findings.looked(kind, look, now) for kind, look in looks.items())


def _stuck() -> list[Found]:
    """Open pages of the two gravest levels on which nothing will happen: not answered, not held, and the fallback was
    not told either."""
    pages = Page.objects.filter(
        state=Page.State.OPEN, due_at=None, held_at=None, exhausted_at=None, rank__lte=audit.GRAVE
    ).order_by("rank", "pk")[:100]
    words = _(
        "%(page)s is open, nobody has answered, and no next step is due.\nPage somebody by hand or choose “Escalate”."
    )
    return [
        Found(Kind.STUCK, f"stuck:{page.pk}", words % {"page": _named(page)}, page.rank, page.subject) for page in pages
    ]


def _named(page: Page) -> str:
    """Without its title: everybody reads the finding, and the incident made of it, also once the page is private."""
    said = {"severity": page.severity_label, "service": page.service or _("no service"), "number": page.pk}
    return _("The %(severity)s page of %(service)s (number %(number)d)") % said


def _late(now: datetime) -> list[Found]:
    looked_at = JobRun.objects.filter(task=TASK).values_list("done_at", flat=True).first()
    if looked_at is None:
        return []  # its first look, beside everybody's first steps
    late = Page.objects.filter(due_at__lt=audit.late_before(looked_at, now), held_at=None).aggregate(
        n=Count("pk"), at=Min("due_at")
    )
    if not late["n"]:
        return []
    seconds = (now - late["at"]).total_seconds()
    words = ngettext(
        "%(n)d page is late by %(seconds)d s.\nLook at Periodic jobs and at the log of the paging worker.",
        "%(n)d pages are late, the oldest by %(seconds)d s.\n"
        "Look at Periodic jobs and at the log of the paging worker.",
        late["n"],
    )
    return [Found(Kind.LATE, "late", words % {"n": late["n"], "seconds": seconds}, rank=2)]


def _unreachable(now: datetime) -> list[Found]:
    """People whom a schedule names now and whom an urgent page would not reach."""
    specs = roster.specs(Schedule.objects.values_list("pk", flat=True), now)
    layers: dict[int, list[int]] = {}
    for key, spec in specs.items():
        try:
            on_call = coverage.on_call(spec, now)
        except Exception as error:  # a schedule that cannot be read hides nobody of the others
            log.exception("schedule_not_audited", schedule=key)
            findings.stumbled("oncall.schedule", _("the schedule %(key)d") % {"key": key}, error, now)
            continue
        for entry in on_call:
            for person in entry.people:
                layers.setdefault(person, []).append(entry.layer)
    missed = layers.keys() - paging.reachable(layers, URGENT)
    if not missed:
        return []
    names = {layer.pk: str(layer) for layer in Layer.objects.filter(pk__in={key for p in missed for key in layers[p]})}
    whys = _whys(missed)
    words = _(
        "%(who)s is on call now (%(where)s), and an urgent page would not reach them: %(why)s.\n"
        "Mend that, or let somebody else step in by an override."
    )
    return [
        Found(
            Kind.UNREACHABLE,
            f"unreachable:{user.pk}",
            words % {"who": user, "where": ", ".join(names[key] for key in layers[user.pk]), "why": whys[user.pk]},
            rank=2,
        )
        for user in User.objects.filter(pk__in=missed).order_by("pk")
    ]


def _whys(people: Iterable[int]) -> dict[int, str]:
    said = {
        Why.INACTIVE: _("the account is switched off"),
        Why.NO_RULE: _("no notification rule for urgent pages"),
        Why.UNVERIFIED: _("no verified contact method"),
    }
    rules: dict[int, list[bool]] = {person: [] for person in people}
    rows = NotificationRule.objects.filter(user__in=rules, urgency=URGENT)
    for person, verified_at in rows.values_list("user", "contact_method__verified_at"):
        rules[person].append(verified_at is not None)
    active = set(User.objects.filter(pk__in=rules, is_active=True).values_list("pk", flat=True))
    facts = {key: Reachability(key in active, False, len(own), sum(own)) for key, own in rules.items()}
    return {key: said.get(obstacle(fact, on_duty=True) or Why.UNVERIFIED, "") for key, fact in facts.items()}


def _jobs(now: datetime) -> list[Found]:
    """Jobs of the engine that the beat does not know, that are switched off, or that no longer come to their end."""
    table: Mapping[str, Any] = settings.CELERY_BEAT_SCHEDULE
    enabled = dict(PeriodicTask.objects.filter(name__in=list(table)).values_list("name", "enabled"))
    done_at = dict(JobRun.objects.values_list("task", "done_at"))
    jobs = {
        name: audit.Job(timedelta(seconds=entry["schedule"]), enabled.get(name), done_at.get(name))
        for name, entry in table.items()
    }
    said = {
        _("The job %(job)s is unknown to the beat: it does not run.\nStart the beat again."): audit.missing_jobs(jobs),
        _("The job %(job)s is switched off.\nSwitch it on under Periodic jobs."): audit.disabled_jobs(jobs),
        _("The job %(job)s no longer runs in time.\nLook at the workers and their log."): audit.late_jobs(
            jobs, TASK, now
        ),
    }
    found: dict[str, Found] = {}
    for words, names in said.items():
        for name in names:
            found.setdefault(name, Found(Kind.JOB, f"job:{name}", words % {"job": name}, rank=2))
    return list(found.values())

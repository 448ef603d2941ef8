"""Is it alive, is it ready, what do the numbers say: /healthz, /readyz, /metrics, and the console's engine light."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_celery_beat.models import PeriodicTask
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from incidentops.beat import JOBS
from incidents.models import Alert, InboxItem, Incident
from oncall.models import JobRun, Notification, Page

PAGE_LATE = timedelta(seconds=60)
NOTIFICATION_LATE = timedelta(seconds=120)
INBOX_LATE = timedelta(seconds=60)
SWEEP_LATE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that must hold; `detail` says in words what does not."""

    name: str
    ok: bool
    detail: str = ""


def engine_terms(now: datetime) -> list[Term]:
    """What must hold for somebody to be paged in time; six queries."""
    return [*_job_terms(now), *_late_terms(now)]


def _job_terms(now: datetime) -> list[Term]:
    done = dict(JobRun.objects.values_list("task", "done_at"))
    enabled = dict(PeriodicTask.objects.filter(name__in=[job.task for job in JOBS]).values_list("name", "enabled"))
    terms = []
    for job in JOBS:
        limit = max(SWEEP_LATE, timedelta(seconds=job.every_seconds * 3))
        last = done.get(job.task)
        # A rare job may run for the first time a whole period from now: only frequent ones are late.
        late = now - last > limit if last else job.every_seconds < SWEEP_LATE.total_seconds()
        if not enabled.get(job.task, True):
            terms.append(Term(job.task, False, _("The job %(job)s is switched off.") % {"job": job.task}))
        elif late:
            age = _("%(seconds)d s ago") % {"seconds": (now - last).total_seconds()} if last else _("never")
            terms.append(Term(job.task, False, _("The job %(job)s last ran: %(age)s.") % {"job": job.task, "age": age}))
        else:
            terms.append(Term(job.task, True))
    return terms


def _late_terms(now: datetime) -> list[Term]:
    page = Page.objects.filter(due_at__isnull=False).aggregate(at=Min("due_at"))["at"]
    message = Notification.objects.filter(state=Notification.State.PENDING).aggregate(at=Min("due_at"))["at"]
    inbox = InboxItem.objects.filter(state=InboxItem.State.PENDING).aggregate(at=Min("received_at"))["at"]
    return [
        _late("oldest_due_page", _("The oldest due page waits"), page, PAGE_LATE, now),
        _late("oldest_queued_notification", _("The oldest queued notification waits"), message, NOTIFICATION_LATE, now),
        _late("oldest_inbox_item", _("The oldest accepted alert waits"), inbox, INBOX_LATE, now),
    ]


def _late(name: str, words: str, since: datetime | None, limit: timedelta, now: datetime) -> Term:
    age = (now - since).total_seconds() if since else 0.0
    return Term(name, age <= limit.total_seconds(), f"{words}: {age:.0f} s." if age > limit.total_seconds() else "")


def healthz(request: HttpRequest) -> HttpResponse:
    """The web process answers; asks nobody."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when everything that paging needs works, else 503; names each failing term."""
    try:
        connection.ensure_connection()
        terms = [Term("database", True), *engine_terms(timezone.now())]
    except DatabaseError:
        terms = [Term("database", False, _("The database does not answer."))]
    failing = [{"term": term.name, "detail": term.detail} for term in terms if not term.ok]
    answer = JsonResponse({"ready": not failing, "failing": failing}, status=503 if failing else 200)
    # An answer, not a fault of ours: a probe that asks each second must not fill the log while a worker starts.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


class Figures(Collector):
    """Reads the database when scraped; nothing is counted in processes, so that any number of them agree."""

    def collect(self) -> Iterable[Metric]:
        now = timezone.now()
        by_level = GaugeMetricFamily("incidentops_open_incidents", "Open incidents by severity.", labels=["severity"])
        levels = Incident.objects.open().values_list("severity__level", flat=True)
        for level in sorted(set(levels)):
            by_level.add_metric([level], sum(1 for each in levels if each == level))
        yield by_level
        yield GaugeMetricFamily(
            "incidentops_open_alerts", "Open alerts.", Alert.objects.filter(resolved_at=None).count()
        )
        unanswered = Page.objects.filter(state=Page.State.OPEN).count()
        yield GaugeMetricFamily("incidentops_unanswered_pages", "Pages that nobody acknowledged.", unanswered)
        oldest = {
            "page": Page.objects.filter(due_at__isnull=False).aggregate(at=Min("due_at"))["at"],
            "notification": Notification.objects.filter(state="pending").aggregate(at=Min("due_at"))["at"],
            "inbox": InboxItem.objects.filter(state="pending").aggregate(at=Min("received_at"))["at"],
        }
        age = GaugeMetricFamily("incidentops_due_age_seconds", "How late the oldest due work is.", labels=["work"])
        for work, since in oldest.items():
            age.add_metric([work], max(0.0, (now - since).total_seconds()) if since else 0.0)
        yield age
        done = GaugeMetricFamily("incidentops_job_age_seconds", "Since each job last came to its end.", labels=["job"])
        for task, at in JobRun.objects.values_list("task", "done_at"):
            done.add_metric([task], (now - at).total_seconds())
        yield done


REGISTRY = CollectorRegistry(auto_describe=False)
REGISTRY.register(Figures())


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text; no names of people, no titles."""
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)

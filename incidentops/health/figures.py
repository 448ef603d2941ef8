"""What the numbers say: /metrics."""

from collections.abc import Iterable

from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from incidents.models import Alert, InboxItem, Incident
from oncall.models import JobRun, Notification, Page


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

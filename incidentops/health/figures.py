"""What the numbers say: /metrics."""

from collections.abc import Iterable

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from incidentops.health import oldest
from incidents.models import Alert, Incident
from oncall.models import JobRun, Page


class Figures(Collector):
    """Reads the database when scraped; nothing is counted in processes, so that any number of them agree."""

    def collect(self) -> Iterable[Metric]:
        now = timezone.now()
        by_level = GaugeMetricFamily("incidentops_open_incidents", "Open incidents by severity.", labels=["severity"])
        levels = Incident.objects.open().order_by("severity__rank").values_list("severity__level")
        for level, count in levels.annotate(Count("pk")):
            by_level.add_metric([level], count)
        yield by_level
        yield GaugeMetricFamily(
            "incidentops_open_alerts", "Open alerts.", Alert.objects.filter(resolved_at=None).count()
        )
        unanswered = Page.objects.filter(state=Page.State.OPEN).count()
        yield GaugeMetricFamily("incidentops_unanswered_pages", "Pages that nobody acknowledged.", unanswered)
        since = {"page": oldest.page(), "notification": oldest.message(), "inbox": oldest.accepted()}
        age = GaugeMetricFamily("incidentops_due_age_seconds", "How late the oldest due work is.", labels=["work"])
        for work, at in since.items():
            age.add_metric([work], max(0.0, (now - at).total_seconds()) if at else 0.0)
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

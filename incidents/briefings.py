"""What a briefing tells of incidents: what is open, what was, what made noise, what was changed; for one reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Sum

from incidents.models import Alert, Incident, Service
from oncall.models import Schedule, StepTarget, User

SHOWN: Final = 10
NOISY: Final = 5
OFTEN: Final = 3  # problems of one name
REPEATS: Final = 10  # events of one name
MOST_SERVICES: Final = 500


@dataclass(frozen=True, slots=True)
class Noise:
    """Alerts of one name: how often they opened, how many events that were."""

    title: str
    service: str
    opened: int
    events: int


@dataclass(frozen=True, slots=True)
class Runbook:
    service: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Briefing:
    """At most ten of each; `more_…` is how many there are beyond."""

    opened: list[Incident]
    past: list[Incident]
    noisy: list[Noise]
    runbooks: list[Runbook]
    more_opened: int
    more_past: int


def services_of(schedule: Schedule | None) -> list[int]:
    """Keys of the services whose policies page this schedule, or whose team it is."""
    if schedule is None:
        return []
    policies = StepTarget.objects.filter(schedule=schedule).values("step__policy")
    paged = Q(escalation_policy__in=policies) | Q(severity_policies__policy__in=policies)
    theirs = Q(team=schedule.team_id) if schedule.team_id else Q()
    rows = Service.objects.filter(paged | theirs if theirs else paged).order_by("pk")
    return list(rows.values_list("pk", flat=True).distinct()[:MOST_SERVICES])


def briefing(reader: User, services: Sequence[int], since: datetime, now: datetime) -> Briefing:
    """What happened to these services since the past shift began, as far as the reader may see it."""
    mine = Incident.objects.visible_to(reader).filter(Q(service__in=services) | Q(services__in=services)).distinct()
    mine = mine.select_related("severity", "service", "acknowledged_by")
    opened = mine.filter(state__in=Incident.OPEN_STATES).order_by("severity__rank", "opened_at", "pk")
    past = mine.filter(resolved_at__gt=since).exclude(state__in=Incident.OPEN_STATES).order_by("-resolved_at", "-pk")
    shown, left = _first(opened)
    gone, more = _first(past)
    return Briefing(shown, gone, _noisy(reader, services, since), _runbooks(services, since), left, more)


def _first(rows: "QuerySet[Incident]") -> tuple[list[Incident], int]:
    found = list(rows[:SHOWN])
    return found, rows.count() - SHOWN if len(found) == SHOWN else 0


def _noisy(reader: User, services: Sequence[int], since: datetime) -> list[Noise]:
    rows: Any = Alert.objects.visible_to(reader).filter(service__in=services, first_seen_at__gte=since)
    rows = rows.order_by().values("title", "service__name").annotate(opened=Count("pk"), events=Sum("count"))
    rows = rows.filter(Q(opened__gte=OFTEN) | Q(events__gte=REPEATS)).order_by("-events", "-opened", "title")
    return [Noise(row["title"], row["service__name"], row["opened"], row["events"]) for row in rows[:NOISY]]


def _runbooks(services: Sequence[int], since: datetime) -> list[Runbook]:
    """Services that were there before and whose runbook's address is another since."""
    history: Any = Service.history.model.objects
    touched = set(history.filter(id__in=services, history_date__gt=since).values_list("id", flat=True)[:MOST_SERVICES])
    found = []
    for service in Service.objects.filter(pk__in=touched).order_by("name"):
        before = history.filter(id=service.pk, history_date__lte=since).order_by("-history_date", "-history_id").first()
        if before is not None and before.runbook_url != service.runbook_url:
            found.append(Runbook(service.name, before.runbook_url, service.runbook_url))
    return found[:SHOWN]

"""Every resolved incident whose severity asks for one gets its postmortem, once, by itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from incidents.models import Incident, Severity
from oncall.engine.loop import sweep
from postmortems import drafting
from postmortems.models import Postmortem

# What was resolved longer ago was so before there were postmortems here.
LOOKS_BACK: Final = timedelta(days=30)
BATCH: Final = 20


def run(now: datetime) -> int:
    """Draft what is missing, follow what was resolved anew, stop the clocks of what was nothing. How many rows."""
    return (
        sweep(_without(now), _draft, now, BATCH)
        + sweep(_resolved_anew(), _follow, now, BATCH)
        + sweep(_not_needed(), _stop, now, BATCH)
    )


def _without(now: datetime) -> QuerySet[Incident]:
    """Resolved, no false alarm, not merged away, and no postmortem yet; the oldest first. One sentence is too little
    for what turned out to be larger."""
    asked = Q(severity__postmortem=Severity.Postmortem.REQUIRED)
    said = Q(severity__postmortem=Severity.Postmortem.SENTENCE) & ~Q(lesson="")
    any_there = Exists(Postmortem.objects.filter(incident=OuterRef("pk")))
    whole_there = Exists(Postmortem.objects.filter(incident=OuterRef("pk"), kind=Postmortem.Kind.FULL))
    rows = Incident.objects.filter((asked & ~whole_there) | (said & ~any_there))
    rows = rows.filter(resolved_at__gt=now - LOOKS_BACK, resolved_at__lte=now, false_alarm=False, merged_into=None)
    return rows.select_related("severity", "service__team__lead", "acknowledged_by").order_by("resolved_at", "pk")


def _draft(rows: Sequence[Incident], now: datetime) -> None:
    for incident in rows:
        if incident.severity.postmortem == Severity.Postmortem.REQUIRED:
            drafting.draft(incident, now)
        else:
            drafting.sentence(incident, now)


def _resolved_anew() -> QuerySet[Postmortem]:
    written = Q(state__in=Postmortem.UNPUBLISHED) | Q(kind=Postmortem.Kind.SENTENCE)
    rows = Postmortem.objects.filter(written, incident__resolved_at__gt=F("resolved_at"), incident__false_alarm=False)
    rows = rows.filter(incident__merged_into=None)
    return rows.select_related("incident__severity", "incident__service__team__lead").order_by("pk")


def _follow(rows: Sequence[Postmortem], now: datetime) -> None:
    for postmortem in rows:
        if postmortem.kind == Postmortem.Kind.SENTENCE and postmortem.incident is not None:
            drafting.sentence(postmortem.incident, now)
        else:
            drafting.restart_clocks(postmortem, now)


def _not_needed() -> QuerySet[Postmortem]:
    """Drafts with a clock, of what was seen to be a false alarm or part of another only afterwards."""
    nothing = Q(incident__false_alarm=True) | Q(incident__merged_into__isnull=False)
    running = Q(review_due_at__isnull=False) | Q(publish_due_at__isnull=False)
    return Postmortem.objects.filter(nothing, running, state__in=Postmortem.UNPUBLISHED).order_by("pk")


def _stop(rows: Sequence[Postmortem], now: datetime) -> None:
    for postmortem in rows:
        drafting.stop_clocks(postmortem, now)

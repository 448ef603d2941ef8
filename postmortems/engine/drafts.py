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
    """Draft what is missing, and restart the clocks of drafts whose incident was resolved anew. How many rows."""
    return sweep(_without(now), _draft, now, BATCH) + sweep(_resolved_anew(), _restart, now, BATCH)


def _without(now: datetime) -> QuerySet[Incident]:
    """Resolved, no false alarm, not merged away, and no postmortem yet; the oldest first."""
    asked = Q(severity__postmortem=Severity.Postmortem.REQUIRED)
    said = Q(severity__postmortem=Severity.Postmortem.SENTENCE) & ~Q(lesson="")
    rows = Incident.objects.filter(asked | said, resolved_at__gt=now - LOOKS_BACK, resolved_at__lte=now)
    rows = rows.filter(~Exists(Postmortem.objects.filter(incident=OuterRef("pk"))))
    rows = rows.filter(false_alarm=False, merged_into=None)
    return rows.select_related("severity", "service__team__lead", "acknowledged_by").order_by("resolved_at", "pk")


def _draft(rows: Sequence[Incident], now: datetime) -> None:
    for incident in rows:
        if incident.severity.postmortem == Severity.Postmortem.REQUIRED:
            drafting.draft(incident, now)
        else:
            drafting.sentence(incident, now)


def _resolved_anew() -> QuerySet[Postmortem]:
    rows = Postmortem.objects.filter(state__in=Postmortem.UNPUBLISHED, incident__resolved_at__gt=F("resolved_at"))
    return rows.select_related("incident__severity", "incident__service__team").order_by("pk")


def _restart(rows: Sequence[Postmortem], now: datetime) -> None:
    for postmortem in rows:
        drafting.restart_clocks(postmortem, now)

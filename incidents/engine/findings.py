"""A finding of the audit becomes an incident, one for each, and is resolved when the finding is cleared."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from incidents import lifecycle
from incidents.lifecycle.locks import lock_services
from incidents.models import Incident, Service, Severity, TimelineEntry
from oncall import findings
from oncall.models import AuditFinding
from oncall.paging import Actor

log = structlog.get_logger(__name__)

SERVICE: Final = "incidentops"  # the slug of the built-in service: without a policy it pages the fallback at once
AT_ONCE: Final = (AuditFinding.Kind.STUCK, AuditFinding.Kind.UNPAGED)
MOST: Final = 100


def run(now: datetime) -> int:
    """Open an incident for each finding that has none, resolve those whose finding is cleared. Returns how many."""
    return _open(now) + _resolve(now)


def _open(now: datetime) -> int:
    if not _waiting().exists():
        return 0  # without a transaction: SQLite's would take the one write lock
    with transaction.atomic():
        service = _service()
        lock_services([service.pk])
        # Read again under the lock: whoever was first has opened them.
        found = list(_waiting()[:MOST])
        severities = list(Severity.objects.order_by("rank"))
        if severities:
            _open_each(found, [_opening(finding, service, severities, now) for finding in found], now)
    return len(found)


def _open_each(found: Sequence[AuditFinding], openings: Sequence[lifecycle.Opening], now: datetime) -> None:
    """All together; where that raises, one by one: a finding that cannot become an incident keeps back no other."""
    try:
        lifecycle.open_many(openings, now)
    except DatabaseError:
        raise
    except Exception as error:
        if len(openings) > 1:
            for one, opening in zip(found, openings, strict=True):
                _open_each([one], [opening], now)
            return
        log.exception("finding_not_opened", finding=found[0].pk)
        findings.row_failed(found[0], AuditFinding, error, now)


def _waiting() -> "QuerySet[AuditFinding]":
    """Findings that hold and have no incident.

    None about an incident of the built-in service: a pager that pages for nobody would be given another page for each
    page. At once where nobody is paged for what burns; anything else when it is seen twice, a minute apart: after a
    standstill the tick that finds late pages sends them, and what somebody is just setting up is no incident.
    """
    ours = [incident.subject for incident in Incident.objects.open().filter(service__slug=SERVICE).only("pk")]
    rows = findings.standing().filter(~Exists(Incident.objects.filter(finding=OuterRef("pk"))))
    return rows.exclude(subject__in=ours).filter(Q(kind__in=AT_ONCE) | Q(seen_at__gt=F("found_at")))


def _service() -> Service:
    words = {"name": "IncidentOps", "description": _("What the audit of the pager finds. Give it a policy of its own.")}
    return Service.objects.get_or_create(slug=SERVICE, defaults={**words, "grouping_minutes": 0})[0]


def _opening(
    finding: AuditFinding, service: Service, severities: Sequence[Severity], now: datetime
) -> lifecycle.Opening:
    return lifecycle.Opening(
        service_id=service.pk,
        severity_id=_severity(finding.rank, severities).pk,
        title=finding.text.partition("\n")[0],
        started_at=finding.found_at,
        detected_at=finding.found_at,
        received_at=now,
        detection=Incident.Detection.SYNTHETIC,
        finding_id=finding.pk,
        text=_("Found by the audit: %(text)s") % {"text": finding.text},
    )


def _severity(rank: int, severities: Sequence[Severity]) -> Severity:
    """The level of that rank; where it was removed or never pages, the next graver one that does."""
    paging = [each for each in severities if each.rank <= rank and each.page != Severity.Paging.NEVER]
    return (paging or severities[:1])[-1]


def _resolve(now: datetime) -> int:
    """What is over resolves; somebody may have done so before."""
    over = Incident.objects.open().filter(finding__cleared_at__isnull=False).order_by("pk")[:MOST]
    auditor = Actor(None, _("Audit"), TimelineEntry.Source.ENGINE)
    count = 0
    for incident in over:
        try:
            lifecycle.resolve(incident, auditor, now)
            count += 1
        except lifecycle.Refused:
            log.info("finding_resolved_already", incident=incident.pk)
        except DatabaseError:
            raise
        except Exception as error:
            log.exception("finding_not_resolved", incident=incident.pk)
            findings.row_failed(incident, Incident, error, now)
    return count

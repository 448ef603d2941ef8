"""What the pager's own audit cannot know: incidents that should page and do not, and policies that services rely on."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial

import structlog
from django.db import DatabaseError
from django.utils.translation import gettext as _

from incidents.lifecycle.working_time import Calendars, working_hours
from incidents.logic.needs import Use, needed
from incidents.models import Incident, Service, Severity, SeverityPolicy
from oncall import findings, paging
from oncall.findings import Found
from oncall.logic.audit import AHEAD, GRAVE
from oncall.logic.hours import working_spans
from oncall.models import AuditFinding, Page
from oncall.paging import Hole, Need

log = structlog.get_logger(__name__)

Kind = AuditFinding.Kind
TOGETHER = 500  # subjects asked for at once
HOLE_RANK = 3


def run(now: datetime) -> int:
    """Look at open incidents of the two gravest levels, and at the coming week of every policy that a service uses.

    Returns how many findings began or were cleared. A fixed number of queries, and one for each 500 open incidents.
    """
    return findings.looked(Kind.UNPAGED, _unpaged, now) + findings.looked(Kind.HOLE, partial(_holes, now), now)


def _unpaged() -> Iterator[Found]:
    triggered = Incident.objects.filter(state=Incident.State.TRIGGERED)
    rows = triggered.filter(severity__rank__lte=GRAVE)
    rows = (
        rows.exclude(severity__page=Severity.Paging.NEVER).select_related("severity").order_by("severity__rank", "pk")
    )
    waiting = {row.subject: row for row in rows}
    pages: dict[str, list[Page]] = {}
    subjects = list(waiting)
    for first in range(0, len(subjects), TOGETHER):
        running = Page.objects.running().filter(subject__in=subjects[first : first + TOGETHER], responder=None)
        for page in running.only("subject", "held_at"):
            pages.setdefault(page.subject, []).append(page)
    suspects = {subject: _why_unpaged(incident, pages.get(subject, [])) for subject, incident in waiting.items()}
    keys = [incident.pk for subject, incident in waiting.items() if suspects[subject]]
    # Somebody may have answered, or resolved it, between the two reads.
    still = set(triggered.filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()
    for subject, why in suspects.items():
        incident = waiting[subject]
        if incident.pk in still:
            said = {"number": incident.number, "level": incident.severity.level, "why": why}
            text = _("%(number)s (%(level)s) is open and %(why)s.\nPage somebody by hand, now.") % said
            yield Found(Kind.UNPAGED, f"unpaged:{incident.pk}", text, incident.severity.rank, subject)


def _why_unpaged(incident: Incident, pages: list[Page]) -> str:
    if not pages:
        return _("nobody is paged for it")
    if incident.hold_until_at is None and all(page.held_at for page in pages):
        return _("its paging is held without an end")
    return ""


def _holes(now: datetime) -> Iterator[Found]:
    until = now + AHEAD
    services = _services()
    calendars = Calendars(services, now)
    teams = {service.team_id: service.team for service in services}
    hours_of = {key: (working_hours(team), calendars.holidays(team)) for key, team in teams.items()}
    uses = needed(
        Use(policy, severity.page, severity.urgency, hours_of[service.team_id])
        for service, severity, policy in _policies(services)
    )
    needs = {}
    for policy, need in uses.items():
        spans = None
        if need.hours is not None:
            spans = tuple(span for hours, days in need.hours for span in working_spans(hours, days, now, until))
        needs[policy] = Need(need.urgency, spans)
    for hole in _holes_of(needs, now, until):
        yield Found(Kind.HOLE, f"hole:{hole.policy}:{hole.step}", hole.text, HOLE_RANK)


def _holes_of(needs: dict[int, Need], now: datetime, until: datetime) -> Iterator[Hole]:
    """All together; where that raises, policy by policy, so that one that cannot be read hides no other's hole."""
    try:
        yield from paging.holes(needs, now, until) if needs else []
    except DatabaseError:
        raise
    except Exception as error:
        if len(needs) > 1:
            for policy, need in needs.items():
                yield from _holes_of({policy: need}, now, until)
            return
        log.exception("policy_not_audited", policies=list(needs))
        findings.stumbled("oncall.policy", _("the policy %(key)d") % {"key": next(iter(needs))}, error, now)


def _services() -> list[Service]:
    """With their teams, each team once."""
    return list(Service.objects.only("team", "escalation_policy").order_by("pk").prefetch_related("team"))


def _policies(services: Iterable[Service]) -> Iterator[tuple[Service, Severity, int]]:
    """By which policy each severity of each service pages."""
    severities = list(Severity.objects.all())
    rows = SeverityPolicy.objects.values_list("service", "severity", "policy")
    own = {(service, severity): policy for service, severity, policy in rows}
    for service in services:
        for severity in severities:
            policy = own.get((service.pk, severity.pk), service.escalation_policy_id)
            if policy is not None:
                yield service, severity, policy

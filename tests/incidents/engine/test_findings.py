"""Audit of incidents and policies; a finding becomes one incident, and is resolved with it."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import lifecycle
from incidents.engine import audit, findings
from incidents.models import Incident, Service, Severity, SeverityPolicy
from oncall.engine import audit as pages_audit
from oncall.engine import escalate
from oncall.findings import Found, report, standing
from oncall.models import AuditFinding, DeclaredGap, EscalationStep, JobRun, Page
from tests import cast
from tests.cast import NOW
from tests.incidents.lifecycle.playing import SENDER

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def company() -> cast.Platform:
    return cast.platform()


def tick(now: Any = NOW) -> None:
    pages_audit.run(now)
    audit.run(now)
    findings.run(now)


def texts() -> list[str]:
    return [row.text for row in standing()]


def seen_twice(*found: Found, now: Any = NOW) -> None:
    report(["job"], found, now - MINUTE)
    report(["job"], found, now)


def ours() -> list[Incident]:
    return list(Incident.objects.filter(service__slug="incidentops").order_by("pk"))


def declared(company: cast.Platform, level: str = "SEV-1") -> Incident:
    severity = Severity.objects.get(level=level)
    return lifecycle.declare("Everything is down", company.service, SENDER, NOW, severity=severity)


def test_a_calm_company_opens_nothing(company: cast.Platform) -> None:
    declared(company)
    tick()
    assert (texts(), ours()) == ([], [])


def test_an_open_sev1_without_a_page_is_found_and_as_severe(company: cast.Platform) -> None:
    incident = declared(company)
    Page.objects.all().delete()
    tick()
    [text] = texts()
    assert incident.number in text
    [opened] = ours()
    assert (opened.severity.level, opened.title) == ("SEV-1", text.splitlines()[0])
    assert Page.objects.get().subject == opened.subject


def test_what_is_resolved_between_two_reads_is_no_finding(
    company: cast.Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = declared(company)

    def running() -> Any:
        lifecycle.resolve(incident, SENDER, NOW)
        return Page.objects.running()

    monkeypatch.setattr(audit, "Page", SimpleNamespace(objects=SimpleNamespace(running=running)))
    assert list(audit._unpaged()) == []


def test_a_hold_without_an_end_is_found(company: cast.Platform) -> None:
    incident = declared(company)
    Page.objects.update(held_at=NOW, due_at=None)
    tick()
    assert "held without an end" in texts()[0]
    Incident.objects.filter(pk=incident.pk).update(hold_until_at=NOW + MINUTE)
    tick(NOW + MINUTE)
    assert texts() == []


def test_a_finding_opens_one_incident_and_its_end_resolves_it(company: cast.Platform) -> None:
    declared(company)
    Page.objects.all().update(due_at=None)
    for minute in (0, 1, 2):
        tick(NOW + minute * MINUTE)
        escalate.run(NOW + minute * MINUTE)  # its own page shall not be late
    [opened] = ours()
    assert opened.state == "triggered"
    Page.objects.exclude(subject=opened.subject).update(due_at=NOW + 10 * MINUTE)
    tick(NOW + 3 * MINUTE)
    [opened] = ours()
    assert (opened.state, Page.objects.get(subject=opened.subject).state) == ("resolved", "resolved")


def test_the_built_in_service_without_a_policy_tells_the_fallback_at_once(company: cast.Platform) -> None:
    seen_twice(Found("job", "job:x", "The job x is switched off.", 2))
    findings.run(NOW)
    page = Page.objects.get()
    assert (page.policy, page.step, page.due_at) == (None, 0, NOW)


def test_an_incident_resolved_by_hand_is_not_opened_again_while_the_finding_holds(company: cast.Platform) -> None:
    seen_twice(Found("job", "job:x", "The job x is switched off.", 2))
    findings.run(NOW)
    lifecycle.resolve(ours()[0], SENDER, NOW)
    findings.run(NOW + MINUTE)
    assert len(ours()) == 1


def test_a_pager_that_pages_for_nobody_makes_no_chain(company: cast.Platform) -> None:
    declared(company)
    for minute in range(5):
        Page.objects.update(due_at=None, exhausted_at=None)
        tick(NOW + minute * MINUTE)
    assert len(ours()) == 1
    assert standing().filter(kind="stuck").count() == 2  # the second is seen in the console


def test_what_is_gone_a_minute_later_is_no_incident(company: cast.Platform) -> None:
    declared(company)
    Page.objects.update(due_at=NOW - 5 * MINUTE)
    JobRun.objects.create(task="oncall.audit", done_at=NOW - MINUTE)
    tick()
    assert (len(texts()), ours()) == (1, [])
    Page.objects.update(due_at=NOW + 5 * MINUTE)
    tick(NOW + MINUTE)
    assert (texts(), ours()) == ([], [])
    Page.objects.update(due_at=NOW - 5 * MINUTE)
    tick(NOW + 2 * MINUTE)
    tick(NOW + 3 * MINUTE)
    assert len(ours()) == 1


def test_two_that_race_open_one(company: cast.Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    seen_twice(Found("job", "job:x", "The job x is switched off.", 2))
    real = findings.lock_services

    def overtaken(ids: Any) -> None:
        monkeypatch.setattr(findings, "lock_services", real)
        findings.run(NOW)
        real(ids)

    monkeypatch.setattr(findings, "lock_services", overtaken)
    findings.run(NOW)
    assert len(ours()) == 1


def crash(*_: Any) -> None:
    """The process ends: no handler of errors takes it for one."""
    raise KeyboardInterrupt


def test_a_crash_between_the_rows_leaves_none_and_the_next_run_opens_it(
    company: cast.Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen_twice(Found("job", "job:x", "The job x is switched off.", 2))
    with monkeypatch.context() as patch:
        patch.setattr("incidents.lifecycle.opening.open_pages", crash)
        with pytest.raises(KeyboardInterrupt):
            findings.run(NOW)
    assert (ours(), Page.objects.count()) == ([], 0)
    findings.run(NOW)
    assert (len(ours()), Page.objects.count()) == (1, 1)


def test_a_hole_of_next_week_is_named_with_policy_step_and_times(company: cast.Platform) -> None:
    cast.override(company.schedule, NOW + timedelta(days=2), NOW + timedelta(days=2, hours=3), remove=company.ana)
    tick()
    [text] = texts()
    for words in (company.policy.name, "step 1", "Fri 16 Jan 2026 09:00 UTC", "Fri 16 Jan 2026 12:00 UTC"):
        assert words in text
    assert ours() == []  # somebody may be at it
    tick(NOW + MINUTE)
    [opened] = ours()
    assert opened.severity.level == "SEV-3"


def test_a_declared_gap_is_no_hole(company: cast.Platform) -> None:
    since, till = NOW + timedelta(days=2), NOW + timedelta(days=2, hours=3)
    cast.override(company.schedule, since, till, remove=company.ana)
    DeclaredGap.objects.create(schedule=company.schedule, starts_at=since, ends_at=till, reason="nobody needed")
    tick()
    assert texts() == []


def test_a_policy_that_never_pages_or_not_then_has_no_hole(company: cast.Platform) -> None:
    night = NOW.replace(hour=22)
    cast.override(company.schedule, night, night + timedelta(hours=3), remove=company.ana)
    Severity.objects.exclude(level="SEV-3").update(page="never")
    tick()
    assert texts() == []
    cast.override(company.schedule, NOW + MINUTE, NOW + 30 * MINUTE, remove=company.ana)
    tick()
    assert len(texts()) == 1


def test_a_policy_that_no_service_uses_has_no_hole(company: cast.Platform) -> None:
    cast.policy("Spare", [(0, [])])
    tick()
    assert texts() == []
    severity = Severity.objects.get(level="SEV-2")
    SeverityPolicy.objects.create(
        service=company.service,
        severity=severity,
        policy=cast.policy("Night", [(0, []), (5, [cast.to_user(company.cy)])]),
    )
    tick()
    assert [("Night" in text, "from now to the end of the coming week" in text) for text in texts()] == [(True, True)]


def test_a_policy_in_use_without_steps_is_found(company: cast.Platform) -> None:
    EscalationStep.objects.all().delete()
    tick()
    assert "has no steps" in texts()[0]


def test_the_service_is_made_once_and_keeps_what_people_set(company: cast.Platform) -> None:
    seen_twice(Found("job", "a", "One.", 2), Found("job", "b", "Two.", 2))
    findings.run(NOW)
    Service.objects.filter(slug="incidentops").update(name="Pager")
    report(["job"], [], NOW + MINUTE)
    seen_twice(Found("job", "c", "Three.", 2), now=NOW + 3 * MINUTE)
    findings.run(NOW + MINUTE)
    assert [service.name for service in Service.objects.filter(slug="incidentops")] == ["Pager"]
    assert [incident.state for incident in ours()] == ["resolved", "resolved", "triggered"]
    assert AuditFinding.objects.count() == 3


def test_the_cost_does_not_grow_with_the_policies(company: cast.Platform) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            audit.run(NOW)
        return len(queries)

    few = cost()
    for number in range(20):
        rota = cast.schedule(f"Rota {number}", {"primary": [company.ana], "secondary": [company.bo]})
        steps = [(0, [cast.on_layer(rota)]), (5, [cast.on_layer(rota, "secondary")])]
        cast.service(f"Service {number}", company.team, cast.policy(f"Policy {number}", steps))
    assert cost() == few

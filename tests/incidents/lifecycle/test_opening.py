"""Incidents as they open: numbers, pages, holds, notices."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import lifecycle
from incidents.models import Incident, Maintenance, SeverityPolicy
from oncall.models import Holiday, Notification, Page
from tests import cast
from tests.cast import NOW
from tests.incidents.lifecycle.playing import SENDER, by, kinds, later, pages, texts

SUNDAY = datetime(2026, 1, 18, 12, 0, tzinfo=UTC)


def test_numbers_count_up_within_the_utc_year(opened):
    before = opened(at=datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    after = opened(at=datetime(2027, 1, 1, 0, 1, tzinfo=UTC))
    assert (before.number, opened().number, after.number) == ("INC-2026-0001", "INC-2026-0002", "INC-2027-0001")


def test_a_batch_costs_as_many_statements_as_one(company, sev):
    def statements(count: int) -> int:
        openings = [
            lifecycle.Opening(company.service.pk, sev[1].pk, f"{n} is down", NOW, NOW, NOW, opened_by=SENDER)
            for n in range(count)
        ]
        with CaptureQueriesContext(connection) as queries:
            lifecycle.open_many(openings, NOW)
        return len(queries)

    statements(1)
    assert statements(20) == statements(2)  # beyond some 30 SQLite splits an INSERT
    assert Incident.objects.count() == Page.objects.count() == 23
    assert len(set(Incident.objects.values_list("number", flat=True))) == 23


def test_an_opening_is_complete(company, opened):
    incident = opened(rank=1, at=later(-3))
    incident = Incident.objects.get(pk=incident.pk)
    assert incident.state == "triggered"
    assert incident.opened_at == incident.declared_at == later(-3)
    assert incident.response_due_at == later(2)
    assert list(incident.services.all()) == [company.service]
    change = incident.severity_changes.get()
    assert (change.from_severity, change.to_severity) == (None, incident.severity)
    (page,) = pages(incident)
    assert page.opened_at == page.due_at == later(-3)
    assert page.policy.policy == company.policy
    assert (page.severity_label, page.rank, page.title) == ("SEV-1", 1, "Database down")


def test_minor_incidents_are_not_declared_by_opening(opened):
    assert opened(rank=3).declared_at is None
    assert opened(rank=2).declared_at == NOW


def test_the_policy_of_the_severity_wins_over_the_services(company, sev, opened):
    all_hands = cast.policy("All hands", [(0, [cast.to_team(company.team)])])
    SeverityPolicy.objects.create(service=company.service, severity=sev[1], policy=all_hands)
    assert pages(opened(rank=1))[0].policy.policy == all_hands
    assert pages(opened(rank=2))[0].policy.policy == company.policy


def test_a_service_without_a_policy_has_a_page_for_the_fallback(opened):
    (page,) = pages(opened(service=cast.service("Orphan")))
    assert page.policy is None
    assert page.due_at == NOW


def test_low_severity_never_pages(opened):
    incident = opened(rank=4)
    assert pages(incident) == []
    # Wednesday: the next business day ends on Thursday at five in Lisbon.
    assert incident.response_due_at == datetime(2026, 1, 15, 17, tzinfo=UTC)


def test_minor_incidents_page_at_once_in_working_hours(opened):
    incident = opened(rank=3)
    assert incident.hold_until_at is None
    assert pages(incident)[0].due_at == NOW


def test_outside_working_hours_the_page_waits_for_the_next(opened):
    incident = Incident.objects.get(pk=opened(rank=3, at=SUNDAY).pk)
    assert incident.hold_until_at == datetime(2026, 1, 19, 9, tzinfo=UTC)
    (page,) = pages(incident)
    assert page.due_at is None
    assert page.held_at == SUNDAY
    assert kinds(incident).count("held") == 1


def test_a_public_holiday_is_no_working_day(company, opened):
    company.team.holidays = "PT"
    company.team.save()
    Holiday.objects.create(country="PT", day_on="2026-01-14", name="A feast")
    assert opened(rank=3).hold_until_at == datetime(2026, 1, 15, 9, tzinfo=UTC)


def test_a_teams_own_hours_count(company, opened):
    company.team.working_days, company.team.works_from, company.team.works_to = ["wed"], time(10), time(12)
    company.team.save()
    assert opened(rank=3).hold_until_at == NOW + timedelta(hours=1)


def test_maintenance_holds_every_severity(company, opened):
    Maintenance.objects.create(service=company.service, starts_at=later(-60), ends_at=later(60))
    incident = opened(rank=1)
    assert incident.hold_until_at == later(60)
    assert pages(incident)[0].hold_reason == "maintenance"


def test_weekly_maintenance_holds_in_its_later_weeks_by_the_teams_clock(company, opened):
    summer = datetime(2025, 7, 2, 8, 30, tzinfo=UTC)  # a Wednesday, 09:30 in Lisbon
    Maintenance.objects.create(
        service=company.service, starts_at=summer, ends_at=summer + timedelta(hours=1), weekly=True
    )
    assert opened(rank=1, at=NOW).hold_until_at is None  # 09:00 in Lisbon
    half_past = datetime(2026, 1, 14, 9, 30, tzinfo=UTC)
    assert opened(rank=1, at=half_past).hold_until_at == half_past + timedelta(hours=1)


def test_who_is_to_be_aware_is_told_once(company, sev, opened):
    cast.person("vp-engineering")
    cast.channel("Ops room")
    sev[1].aware = ["vp-engineering", "ops-room", "team_lead", "team_manager", "nobody-knows"]
    sev[1].save()
    incident = opened(rank=1)
    told = Notification.objects.filter(kind="aware")
    assert sorted(str(row.person or row.channel) for row in told) == ["Dee", "Ops room", "Vp-engineering", "Zoe"]
    assert all(row.key.startswith(f"aware:{incident.pk}:SEV-1:") and "Database down" in row.title for row in told)
    assert "Made aware: Vp-engineering, Ops room, Dee, Zoe." in texts(incident)
    assert "nobody-knows" in texts(incident)


def test_the_notice_of_a_private_incident_gives_nothing_away(company, sev, opened):
    cast.channel("Ops room")
    sev[1].aware = ["ops-room", "team_manager"]
    sev[1].save()
    opened(rank=1, private=True, title="Leaked passwords")
    (row,) = Notification.objects.filter(kind="aware")
    assert row.person == company.zoe
    assert row.private
    assert "passwords" not in row.title + row.text
    assert "Checkout" not in row.title + row.text


def test_messages_say_values_first_and_at_most_twelve_facts(company, sev, opened, alert):
    company.service.runbook_url = "https://wiki.example.org/checkout"
    company.service.save()
    mild = alert(None, "mild", severity=sev[3], values={"latency": "2 s"}, labels={"region": "eu"})
    worst = alert(
        None,
        "worst",
        severity=sev[1],
        values={"error_rate": "50 %"},
        labels={f"label{n}": "x" for n in range(20)},
        links=[{"href": "javascript:alert(1)", "text": "no"}, {"href": "https://grafana.example.org", "text": "Graph"}],
    )
    incident = opened(rank=1, alerts=[mild, worst])
    (page,) = pages(incident)
    assert [fact["label"] for fact in page.facts[:3]] == ["alerts", "error_rate", "latency"]
    assert page.facts[0]["value"] == "2"
    assert page.facts[-1] == {"label": "incident", "value": incident.number}
    assert len(page.facts) == 12
    assert [link["text"] for link in page.links] == ["Runbook", "Graph"]


def test_content_of_a_stored_incident_prefers_what_is_still_open(opened, alert):
    incident = opened()
    alert(incident, "over", values={"old": "1"}, resolved_at=NOW)
    assert {"label": "old", "value": "1"} in lifecycle.content(incident).facts
    alert(incident, "now", values={"new": "2"})
    facts = lifecycle.content(incident).facts
    assert {"label": "new", "value": "2"} in facts
    assert {"label": "old", "value": "1"} not in facts


def test_declaring_needs_only_a_title_and_a_service(company):
    incident = lifecycle.declare("Payments are broken", company.service, by(company.ana), NOW)
    assert incident.severity.level == "SEV-3"
    assert incident.declared_at == NOW
    assert incident.declared_by == company.ana
    assert incident.detection == "employee"
    assert incident.responders.get().person == company.ana
    assert kinds(incident)[0] == "declared"


def test_declaring_says_what_was_described(company, sev):
    incident = lifecycle.declare("Slow", company.service, by(company.ana), NOW, sev[1], description="Since the deploy.")
    assert "Since the deploy." in texts(incident)
    assert pages(incident)[0].rank == 1


def test_declaring_uses_the_services_default_severity(company, sev):
    company.service.default_severity = sev[2]
    company.service.save()
    assert lifecycle.declare("Slow", company.service, by(company.ana), NOW).severity == sev[2]


@pytest.mark.parametrize(("title", "description", "field"), [(" \n ", "", "title"), ("x", "y" * 10_001, "description")])
def test_declaring_refuses_what_cannot_be_stored(company, title, description, field):
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.declare(title, company.service, by(company.ana), NOW, description=description)
    assert refused.value.field == field
    assert not refused.value.conflict
    assert not Incident.objects.exists()


def test_declaring_needs_the_permission(company):
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.declare("Mine", company.service, by(company.cy), NOW)


def test_what_follows_a_private_incident_is_private(opened):
    first = opened(private=True)
    second = opened(previous_id=first.pk)
    assert second.previous == first
    assert second.private
    assert pages(second)[0].private


def test_titles_from_outside_are_one_clean_line(opened):
    assert opened(title="a\r\nBcc: x\u202e\x00b").title == "a Bcc: xb"

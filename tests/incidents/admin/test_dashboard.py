"""The first page says what needs a human now, and is calm when nothing does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from incidents import integrations, lifecycle
from incidents.models import InboxItem, Incident
from oncall.engine import handoffs, shifts
from oncall.handoffs import sign
from oncall.models import HandoffSide, NotificationRule, Override, Page, Schedule
from tests import cast
from tests.cast import NOW
from tests.incidents.admin.looking import browser, later, tick
from tests.incidents.lifecycle.playing import by

pytestmark = pytest.mark.django_db


def words(user: Any) -> str:
    text = browser(user).get("/admin/").content.decode()
    return " ".join(strip_tags(text[text.index('id="now"') :].replace("<", " <")).split()).replace(" ,", ",")


def test_it_is_calm_when_nothing_is_open(company: cast.Platform) -> None:
    assert "All quiet No incident is open and no page waits for an answer." in words(company.ana)


def test_who_has_not_answered_and_what_comes_next(incident: Incident, company: cast.Platform, clock: Any) -> None:
    clock.move_to(later(2))
    said = words(company.bo)
    assert "1 incident needs somebody now" in said
    assert "Next: Platform · secondary in 3:00" in said
    assert "Response due in 13:00" in said
    assert "nobody" in said


def test_a_late_step_is_said(incident: Incident, company: cast.Platform, clock: Any) -> None:
    clock.move_to(later(7))
    assert "late by 2:00" in words(company.bo)


def test_who_has_it_and_whether_somebody_commands(incident: Incident, company: cast.Platform) -> None:
    lifecycle.acknowledge(incident, by(company.ana), NOW)
    said = words(company.bo)
    assert "1 incident is open None waits" in said
    assert "Ana no commander" in said
    lifecycle.assign_role(incident, "commander", company.dee, by(company.dee), NOW)
    assert "Ana commander Dee" in words(company.bo)


def test_somebody_paged_by_hand_who_does_not_answer(incident: Incident, company: cast.Platform) -> None:
    lifecycle.acknowledge(incident, by(company.ana), NOW)
    lifecycle.page(incident, company.cy, by(company.ana), NOW)
    tick(NOW)
    assert "Again Cy in 5:00" in words(company.bo)


def test_what_is_held_is_open_but_not_urgent(company: cast.Platform, opened: Callable[..., Incident]) -> None:
    company.service.maintenance.create(starts_at=NOW, ends_at=later(60), reason="Moving")
    opened(1)
    said = words(company.ana)
    assert "1 incident is open" in said
    assert "held until" in said
    assert "Nobody has answered" not in said


def test_the_worst_come_first(company: cast.Platform, opened: Callable[..., Incident]) -> None:
    for rank, title in ((3, "minor"), (1, "critical"), (2, "major")):
        opened(rank, f"Something {title}")
    said = words(company.ana)
    table = said[said.index("Open incidents") :]
    assert table.index("Something critical") < table.index("Something major") < table.index("Something minor")


def test_acknowledge_is_one_click_for_who_may(incident: Incident, company: cast.Platform) -> None:
    where = f"/admin/incidents/incident/{incident.pk}/acknowledge/"
    assert where in browser(company.ana).get("/admin/").content.decode()
    assert where not in browser(company.cy).get("/admin/").content.decode()


def test_who_is_on_call_now_and_next(company: cast.Platform) -> None:
    said = words(company.cy)
    assert "primary Ana until Tue 20 Jan 2026 09:00 WET (09:00 UTC), then Bo" in said
    assert "secondary Bo until Tue 20 Jan 2026 09:00 WET (09:00 UTC), then Cy" in said


def test_what_follows_an_override(company: cast.Platform) -> None:
    Override.objects.create(
        schedule=company.schedule, layer=company.primary, add=company.zoe, remove=company.ana, starts_at=NOW,
        ends_at=later(60),
    )  # fmt: skip
    assert "primary Zoe until 10:00 WET (10:00 UTC), then Ana" in words(company.cy)


def test_whoever_cannot_be_reached_is_said_twice(company: cast.Platform) -> None:
    NotificationRule.objects.filter(user=company.ana).delete()
    said = words(company.cy)
    assert "Ana cannot be reached" in said
    assert "Ana is on call (Platform, primary) without a verified contact method." in said


def test_an_empty_layer_is_said(company: cast.Platform) -> None:
    cast.schedule("Nights", {"primary": []})
    assert "Nights primary nobody" in words(company.cy)


def test_what_is_to_be_set_up(company: cast.Platform) -> None:
    integrations.create(company.service, "Probe", "generic", NOW)
    cast.service("Cron")
    said = words(company.ana)
    for line in (
        "Cron has no escalation policy",
        "SEV-1 makes “vp-engineering” aware",
        "Checkout: Probe has never sent anything.",
    ):
        assert line in said


def test_how_long_due_work_waits(incident: Incident, company: cast.Platform, clock: Any) -> None:
    integration, _key = integrations.create(company.service, "Probe", "generic", NOW)
    InboxItem.objects.create(integration=integration, received_at=NOW)
    Page.objects.update(due_at=later(1))
    clock.move_to(later(3))
    said = words(company.ana)
    assert "Oldest due page 2 min" in said
    assert "Oldest accepted alert 3 min" in said
    assert "Oldest due message none waits" in said


def test_the_private_stay_private(incident: Incident, company: cast.Platform) -> None:
    lifecycle.set_private(incident, True, by(company.dee), NOW)
    assert "slow" not in words(company.bo)
    assert "All quiet" in words(company.bo)
    assert "Checkout is slow" in words(company.zoe)


def test_without_a_group_it_says_so(incident: Incident, company: cast.Platform) -> None:
    company.cy.groups.clear()
    said = words(company.cy)
    assert "You have no permission to see incidents" in said
    assert "Checkout is slow" not in said
    assert "On call now" not in said


def test_it_makes_at_most_22_queries(
    company: cast.Platform,
    opened: Callable[..., Incident],
    django_assert_max_num_queries: Callable[..., CaptureQueriesContext],
) -> None:
    for number in range(60):
        opened(1 + number % 3, f"Incident {number}", at=NOW - timedelta(minutes=number))
        if number < 10:
            cast.schedule(f"Rota {number}", {"primary": [company.ana, company.bo], "secondary": [company.cy]})
    assert Schedule.objects.count() == 11
    tick(NOW)
    client = browser(company.dee)
    client.get("/admin/")
    with django_assert_max_num_queries(22):
        assert client.get("/admin/").status_code == 200


def test_handoffs_that_nobody_signed_are_shown(company: cast.Platform, clock: Any) -> None:
    now = NOW
    with shifts.settled([company.schedule.pk], now):
        cast.override(company.schedule, later(5), later(120), add=company.dee, remove=company.ana)
    handoffs.run(now)
    assert "Handoffs not signed" not in words(company.bo)
    clock.move_to(later(6))
    assert "Handoffs not signed" in words(company.bo)
    for side in HandoffSide.objects.filter(handoff__at=later(5)):
        sign(side.pk, None, later(6))
    assert "Handoffs not signed" not in words(company.bo)

"""The list of incidents: what it says, whom it shows what, many at once, and declaring by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from incidents import lifecycle
from incidents.models import Alert, Incident, Severity
from oncall.admin.base import BoundedPaginator
from oncall.models import Page
from tests import cast
from tests.cast import NOW
from tests.incidents.admin.looking import address, browser, later
from tests.incidents.lifecycle.playing import by

pytestmark = pytest.mark.django_db

LIST = "/admin/incidents/incident/"
ADD = "/admin/incidents/incident/add/"


def listed(user: Any, query: str = "") -> list[Incident]:
    answer = browser(user).get(LIST + query)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def test_a_row_says_what_matters(incident: Incident, company: cast.Platform, clock: Any) -> None:
    Incident.objects.update(alert_count=217)
    clock.move_to(later(90))
    words = " ".join(strip_tags(browser(company.cy).get(LIST).content.decode()).split())
    for part in (incident.number, "Checkout is slow", "SEV-2", "triggered", "1 h 30 min", "nobody", "217 alerts"):
        assert part in words


def test_open_ones_come_first(company: cast.Platform, opened: Callable[..., Incident]) -> None:
    old, middle, new = opened(title="old"), opened(title="middle", at=later(1)), opened(title="new", at=later(2))
    lifecycle.resolve(new, by(company.ana), later(3))
    assert listed(company.ana) == [middle, old, new]


def test_filters_and_search(company: cast.Platform, opened: Callable[..., Incident], sev: dict[int, Severity]) -> None:
    other = cast.service("Exports", company.team, company.policy)
    one, two = opened(1, "Payments are broken"), opened(3, "Exports are slow", other)
    lifecycle.resolve(two, by(company.ana), NOW)
    expected = {
        "?open=yes": [one],
        "?open=no": [two],
        "?open=nobody": [one],
        "?state__exact=resolved": [two],
        f"?severity__id__exact={sev[1].pk}": [one],
        f"?service__id__exact={other.pk}": [two],
        f"?service__team__id__exact={company.team.pk}": [one, two],
        "?private__exact=0": [one, two],
        "?private__exact=1": [],
        f"?q={two.number}": [two],
        "?q=payments": [one],
        "?q=exports": [two],
    }
    for query, rows in expected.items():
        assert listed(company.ana, query) == rows, query


def test_the_list_is_narrowed_by_age(company: cast.Platform, opened: Callable[..., Incident], clock: Any) -> None:
    two_days = 2 * 24 * 60
    old, new = opened(title="old"), opened(title="new", at=later(two_days))
    clock.move_to(later(two_days))
    assert listed(company.ana, "?since=1") == [new]
    assert listed(company.ana, "?since=7") == listed(company.ana, "?since=x") == [new, old]


def test_a_list_says_when_it_counts_no_further(
    company: cast.Platform, opened: Callable[..., Incident], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedPaginator, "limit", 2)
    for number in range(3):
        assert "more than" not in strip_tags(browser(company.ana).get(LIST).content.decode())
        opened(title=f"Fault {number}")
    assert "more than 2 incidents" in " ".join(strip_tags(browser(company.ana).get(LIST).content.decode()).split())


def test_a_full_list_makes_at_most_12_queries(
    company: cast.Platform,
    opened: Callable[..., Incident],
    django_assert_max_num_queries: Callable[..., CaptureQueriesContext],
) -> None:
    for number in range(60):
        opened(1 + number % 4, f"Incident {number}")
    client = browser(company.ana)
    client.get(LIST)
    with django_assert_max_num_queries(12):
        assert client.get(LIST).status_code == 200


@pytest.mark.parametrize(
    "model", ["alert", "integration", "inboxitem", "silence", "maintenance", "severity", "service"]
)
def test_the_other_lists_too(
    incident: Incident,
    company: cast.Platform,
    alert: Callable[..., Alert],
    model: str,
    django_assert_max_num_queries: Callable[..., CaptureQueriesContext],
) -> None:
    for number in range(60):
        alert(incident, f"db{number}")
        cast.service(f"Service {number}", company.team, company.policy)
    company.dee.is_superuser = True
    company.dee.save()
    client = browser(company.dee)
    client.get(LIST)
    with django_assert_max_num_queries(12):
        assert client.get(f"/admin/incidents/{model}/").status_code == 200


def test_the_private_are_not_listed_found_or_offered(incident: Incident, company: cast.Platform) -> None:
    lifecycle.set_private(incident, True, by(company.dee), NOW)
    assert listed(company.bo) == []
    assert listed(company.bo, "?q=slow") == []
    assert listed(company.zoe) == listed(company.ana) == [incident]
    answer = browser(company.bo).get(
        "/admin/autocomplete/?term=slow&app_label=incidents&model_name=incident&field_name=merged_into"
    )
    assert incident.number not in answer.content.decode()


def test_a_viewer_gets_no_actions_and_no_door(incident: Incident, company: cast.Platform) -> None:
    client = browser(company.cy)
    text = client.get(LIST).content.decode()
    assert 'name="action"' not in text
    assert ADD not in text
    client.post(LIST, {"action": "resolve", "_selected_action": [incident.pk], "sure": "1"})
    incident.refresh_from_db()
    assert incident.state == "triggered"
    assert client.get(ADD).status_code == client.post(ADD, {"title": "x"}).status_code == 403


def test_many_at_once_are_asked_about_first(
    incident: Incident, company: cast.Platform, opened: Callable[..., Incident]
) -> None:
    over, third = opened(title="Over already"), opened(title="Third")
    lifecycle.resolve(over, by(company.ana), NOW)
    client = browser(company.ana)
    chosen = {"action": "resolve", "_selected_action": [incident.pk, over.pk]}
    asked = client.post(LIST, chosen)
    assert "is left as it is" in asked.content.decode()
    incident.refresh_from_db()
    assert incident.state == "triggered"
    done = client.post(LIST, {**chosen, "sure": "1"}, follow=True)
    incident.refresh_from_db()
    third.refresh_from_db()
    assert (incident.state, third.state) == ("resolved", "triggered")
    said = [str(message) for message in done.context["messages"]]
    assert any(over.number in line for line in said)
    assert "Resolve: 1 incident." in said


def test_many_are_merged_into_one(company: cast.Platform, opened: Callable[..., Incident]) -> None:
    into, *others = [opened(title=f"Same {number}") for number in range(3)]
    chosen = {"action": "merge", "_selected_action": [row.pk for row in (into, *others)], "sure": "1"}
    client = browser(company.dee)
    assert "There is no incident INC-9" in client.post(LIST, {**chosen, "into": "INC-9"}).content.decode()
    client.post(LIST, {**chosen, "into": into.number})
    assert set(Incident.objects.values_list("merged_into", flat=True)) == {None, into.pk}
    assert set(into.merged.all()) == set(others)


def test_what_one_may_not_see_is_not_acted_upon(incident: Incident, company: cast.Platform) -> None:
    lifecycle.set_private(incident, True, by(company.dee), NOW)
    browser(company.bo).post(LIST, {"action": "resolve", "_selected_action": [incident.pk], "sure": "1"})
    incident.refresh_from_db()
    assert incident.state == "triggered"


def test_declaring_needs_a_title_and_a_service(company: cast.Platform, db: None) -> None:
    client = browser(company.ana)
    answer = client.post(ADD, {})
    assert (answer.status_code, set(answer.context["form"].errors)) == (400, {"title", "service"})
    answer = client.post(ADD, {"title": "Searches fail", "service": company.service.pk})
    made = Incident.objects.get()
    assert answer["Location"] == address(made)
    assert (made.severity.level, made.detection, made.declared_by) == ("SEV-3", "employee", company.ana)
    assert Page.objects.filter(subject=made.subject).exists()


def test_declaring_with_everything(company: cast.Platform, sev: dict[int, Severity]) -> None:
    form = browser(company.ana).get(ADD).content.decode()
    assert "Payments are broken" in form
    given = {
        "title": "Searches fail",
        "service": company.service.pk,
        "severity": sev[1].pk,
        "description": "Since the deploy",
        "detection": "user_report",
        "private": "on",
    }
    browser(company.ana).post(ADD, given)
    made = Incident.objects.get()
    assert (made.severity, made.detection, made.private) == (sev[1], "user_report", True)
    assert "Since the deploy" in made.timeline.get(kind="declared").text
    assert listed(company.bo) == []


def test_an_alert_is_no_way_a_person_notices(company: cast.Platform, db: None) -> None:
    given = {"title": "x", "service": company.service.pk, "detection": "alert"}
    assert "detection" in browser(company.ana).post(ADD, given).context["form"].errors

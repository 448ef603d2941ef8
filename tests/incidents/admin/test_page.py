"""The incident page says what is so, to whom it may, in a bounded number of queries, and stays fresh cheaply."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from incidents import lifecycle, timeline
from incidents.models import Alert, Incident, Severity, TimelineEntry
from oncall.models import Notification
from tests import cast
from tests.cast import NOW
from tests.incidents.admin.looking import address, browser, later, page_of, tick
from tests.incidents.lifecycle.playing import by

pytestmark = pytest.mark.django_db


def text_of(client: Client, incident: Incident, query: str = "") -> str:
    return client.get(address(incident) + query).content.decode()


def words_of(client: Client, incident: Incident) -> str:
    """What is read, without markup."""
    return " ".join(strip_tags(text_of(client, incident)).split())


def test_it_says_who_was_paged_and_who_will_be(incident: Incident, company: cast.Platform) -> None:
    text = text_of(browser(company.dee), incident)
    for words in ("SEV-2", "Checkout is slow", "Response due in", "Nobody has it yet", "Ana (ana@example.org)", "sent"):
        assert words in text
    ahead = text[text.index("io-ahead") : text.index("So far")]
    assert [name for name in ("Bo", "Dee", "Fallback channel") if name in ahead] == ["Bo", "Dee", "Fallback channel"]
    assert "09:05 WET (09:05 UTC) · in 5:00 Bo" in words_of(browser(company.dee), incident)


def test_instants_are_the_readers_with_utc_beside(incident: Incident, company: cast.Platform) -> None:
    company.dee.timezone = "Asia/Tokyo"
    company.dee.save()
    assert "since 18:00 JST (09:00 UTC)" in words_of(browser(company.dee), incident)
    text = text_of(browser(company.dee), incident)
    assert '18:00:00 JST<span class="io-below">09:00:00 UTC</span>' in text


def test_who_cannot_be_reached_is_struck_out_with_the_reason(incident: Incident, company: cast.Platform) -> None:
    company.dee.notification_rules.all().delete()
    assert '<s>Dee</s> <span class="io-quiet">(no rule)</span>' in text_of(browser(company.ana), incident)


def test_a_failed_message_says_why(incident: Incident, company: cast.Platform) -> None:
    Notification.objects.update(state="failed", reason="mailbox is full")
    text = text_of(browser(company.ana), incident)
    assert "io-failed" in text
    assert "mailbox is full" in text


def test_a_held_page_says_why_until_when_and_what_then(
    company: cast.Platform, opened: Callable[..., Incident], clock: time_machine.Traveller
) -> None:
    company.service.maintenance.create(starts_at=NOW, ends_at=later(60), reason="Moving the queue")
    held = opened(1)
    text = text_of(browser(company.ana), held)
    assert "Paging held until" in text
    assert "maintenance" in text
    ahead = text[text.index("io-ahead") :]
    assert ahead.index("10:00 WET") < ahead.index("Ana") < ahead.index("Bo")


def test_only_what_can_be_done_is_offered(incident: Incident, company: cast.Platform) -> None:
    def offered(user: Any) -> set[str]:
        answer = browser(user).get(address(incident))
        return {button.slug for button in answer.context["buttons"]}

    assert offered(company.cy) == set()
    assert "merge" not in offered(company.ana)
    assert {"acknowledge", "severity", "resolve", "merge", "private"} <= offered(company.dee)
    assert "close" not in offered(company.dee)
    lifecycle.resolve(incident, by(company.ana), NOW)
    assert offered(company.ana) == {"severity", "role", "note", "reopen", "dismiss"}
    assert {"close", "reopen"} <= offered(company.dee)


def test_a_person_paged_by_hand_may_answer_what_another_has(incident: Incident, company: cast.Platform) -> None:
    lifecycle.acknowledge(incident, by(company.ana), NOW)
    lifecycle.page(incident, company.bo, by(company.ana), NOW)
    assert address(incident, "acknowledge") in text_of(browser(company.bo), incident)
    assert address(incident, "acknowledge") not in text_of(browser(company.dee), incident)


def test_what_senders_wrote_stays_text(
    company: cast.Platform, opened: Callable[..., Incident], alert: Callable[..., Alert]
) -> None:
    made = opened(title="<script>alert(1)</script>")
    links = [{"href": "javascript:alert(2)", "text": "x"}, {"href": "https://ok.example.org/", "text": "<i>graph</i>"}]
    alert(made, "<b>db</b>", links=links, source='"><img src=x>')
    Incident.objects.update(alert_count=1)
    text = text_of(browser(company.ana), made)
    for bad in ("<script>alert", "<b>db", "javascript:", "<i>graph", "<img src=x"):
        assert bad not in text
    assert 'href="https://ok.example.org/"' in text


def test_the_timeline_is_turned_filtered_and_paged(incident: Incident, company: cast.Platform) -> None:
    for number in range(120):
        timeline.add(incident, TimelineEntry.Kind.NOTE, f"note {number}.", by(company.ana), later(number / 60))
    client = browser(company.ana)
    first = text_of(client, incident)
    assert "note 119." in first
    assert "note 1." not in first
    assert "note 1." in text_of(client, incident, "?page=2")
    oldest = text_of(client, incident, "?order=oldest")
    assert oldest.index("Opened: Checkout") < oldest.index("note 1.")
    pages = text_of(client, incident, "?show=pages")
    assert "Paged Ana" in pages
    assert "note 119." not in pages
    assert "Paged Ana" not in text_of(client, incident, "?show=people")
    for query in ("?page=-1", "?page=x", "?page=99999", "?show=<b>", "?order='"):
        assert client.get(address(incident) + query).status_code == 200


def test_alerts_are_counted_and_the_rest_is_a_click_away(
    incident: Incident, company: cast.Platform, alert: Callable[..., Alert]
) -> None:
    for number in range(60):
        alert(incident, f"db{number}", resolved_at=NOW if number < 3 else None)
    Incident.objects.update(alert_count=60)
    client = browser(company.ana)
    text = text_of(client, incident)
    assert "60 alerts in 1 incident" in text
    assert "57 open" in text
    assert "The 50 that matter most of 60." in text
    listed = client.get(f"/admin/incidents/alert/?incident__id__exact={incident.pk}")
    assert "db59 is down" in listed.content.decode()


def test_related_incidents_only_where_visible(
    incident: Incident, company: cast.Platform, opened: Callable[..., Incident]
) -> None:
    before = opened(title="Hidden one", private=True)
    Incident.objects.filter(pk=incident.pk).update(previous=before, private=False)
    after = opened(title="Open one", previous_id=incident.pk)
    text = text_of(browser(company.ana), incident)
    assert after.number in text
    assert before.number not in text
    assert "Hidden one" not in text
    assert before.number in text_of(browser(company.zoe), incident)


def test_a_private_incident_is_nowhere_for_others(
    incident: Incident, company: cast.Platform, alert: Callable[..., Alert]
) -> None:
    alert(incident, "secret-db")
    lifecycle.set_private(incident, True, by(company.dee), NOW)
    client = browser(company.bo)
    for part in ("change", "live", "history", "delete"):
        assert client.get(address(incident, part)).status_code in (403, 404)
    assert client.get(address(incident)).status_code == 404
    for url in (
        "/admin/",
        "/admin/incidents/incident/",
        "/admin/incidents/incident/?q=slow",
        "/admin/incidents/alert/",
        f"/admin/incidents/alert/?incident__id__exact={incident.pk}",
        "/admin/search/?s=slow",
        "/admin/search/?s=INC",
    ):
        text = client.get(url).content.decode()
        assert incident.number not in text
        assert "secret-db" not in text
        assert "Checkout is slow" not in text
    assert incident.number in browser(company.zoe).get("/admin/").content.decode()
    assert browser(company.ana).get(address(incident)).status_code == 200  # she was paged for it


def test_nothing_is_edited_added_or_deleted_by_address(incident: Incident, company: cast.Platform) -> None:
    for user in (company.cy, company.ana, company.dee):
        client = browser(user)
        assert client.post(address(incident), {"title": "x", "state": "closed"}).status_code == 403
        assert client.post(address(incident, "delete"), {"post": "yes"}).status_code == 403
    incident.refresh_from_db()
    assert (incident.title, incident.state) == ("Checkout is slow", "triggered")


def test_the_history_is_the_timeline(incident: Incident, company: cast.Platform) -> None:
    assert browser(company.ana).get(address(incident, "history"))["Location"] == f"{address(incident)}#timeline"


def test_an_unchanged_page_costs_no_page(incident: Incident, company: cast.Platform) -> None:
    client = browser(company.ana)
    stamp = client.get(address(incident)).context["stamp"]
    again = client.get(address(incident, "live"), headers={"If-None-Match": stamp})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", stamp)


@pytest.mark.parametrize("what", ["state", "note", "message", "alert", "reader"])
def test_what_changes_is_fetched(
    incident: Incident, company: cast.Platform, alert: Callable[..., Alert], what: str
) -> None:
    client = browser(company.ana)
    stamp = client.get(address(incident)).context["stamp"]
    if what == "state":
        lifecycle.acknowledge(incident, by(company.bo), NOW)
    elif what == "note":
        lifecycle.note(incident, "Look", by(company.bo), NOW)
    elif what == "message":
        Notification.objects.update(state="failed")
    elif what == "alert":
        alert(incident, "db")
    else:
        client = browser(company.bo)
    answer = client.get(address(incident, "live"), headers={"If-None-Match": stamp})
    assert answer.status_code == 200
    assert answer["ETag"] != stamp
    assert answer.content.count(b"data-region") == 6
    assert b"<html" not in answer.content


def test_a_full_page_makes_at_most_25_queries(
    incident: Incident,
    company: cast.Platform,
    alert: Callable[..., Alert],
    sev: dict[int, Severity],
    django_assert_max_num_queries: Callable[..., CaptureQueriesContext],
) -> None:
    """60 notifications, 200 entries, 60 alerts, roles, changes of severity, a person paged by hand."""
    page = page_of(incident)
    first = Notification.objects.filter(page=page).latest("pk")
    for number in range(60):
        first.pk, first.key = None, f"n{number}"
        first.save(force_insert=True)
        alert(incident, f"db{number}", links=[{"href": f"https://g.example.org/{number}"}])
    timeline.add_many(
        [timeline.entry(incident.pk, TimelineEntry.Kind.NOTE, f"n{n}", by(company.ana), NOW) for n in range(200)]
    )
    for role, who in (("commander", company.dee), ("scribe", company.bo)):
        lifecycle.assign_role(incident, role, who, by(company.dee), NOW)
    lifecycle.set_severity(incident, sev[1], "Worse", by(company.dee), NOW)
    lifecycle.page(incident, company.cy, by(company.dee), NOW)
    tick(NOW)
    client = browser(company.dee)
    client.get(address(incident))
    with django_assert_max_num_queries(25):
        assert client.get(address(incident)).status_code == 200
    with django_assert_max_num_queries(27):  # two for the stamp, before anything else
        assert client.get(address(incident, "live")).status_code == 200
    stamp = client.get(address(incident, "live"))["ETag"]
    with django_assert_max_num_queries(8):
        assert client.get(address(incident, "live"), headers={"If-None-Match": stamp}).status_code == 304

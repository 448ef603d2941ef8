"""What a sender's acknowledge and resolve make of incidents, and a trigger after them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import intake, lifecycle
from incidents.models import Alert, InboxItem, Incident, Integration, TimelineEntry
from oncall.models import Page
from oncall.paging import Actor
from tests.incidents.alerting import NOW, deliver, event, minutes, only_incident, send

pytestmark = pytest.mark.django_db


def test_a_senders_acknowledge_takes_the_incident_and_leaves_the_alert_open(probe: Integration) -> None:
    deliver(probe, event("a"))
    deliver(probe, event("a", action="acknowledge"), at=NOW + minutes(1))
    incident = only_incident()
    assert (incident.state, incident.acknowledged_by) == ("acknowledged", None)
    assert incident.timeline.get(kind="acknowledged").actor_name == "Probe"
    assert Alert.objects.get().resolved_at is None
    deliver(probe, event("a"), at=NOW + minutes(2))
    assert only_incident().state == "acknowledged"
    assert not Page.objects.filter(state="open").exists()


def test_trigger_acknowledge_and_a_raise_in_one_body_end_triggered(probe: Integration) -> None:
    deliver(probe, event("a", "error"), event("a", action="acknowledge"), event("a", "critical"))
    assert (only_incident().state, only_incident().severity.level) == ("triggered", "SEV-1")


def test_a_raise_and_then_an_acknowledge_in_one_body_end_acknowledged(probe: Integration) -> None:
    deliver(probe, event("a", "error"))
    deliver(probe, event("a", "critical"), event("a", action="acknowledge"), event("a", "critical"))
    assert (only_incident().state, only_incident().severity.level) == ("acknowledged", "SEV-1")


def test_acknowledge_or_resolve_of_an_unknown_key_changes_nothing(probe: Integration) -> None:
    deliver(probe, event("x", action="acknowledge"), event("y", action="resolve"))
    assert not Alert.objects.exists() and not Incident.objects.exists()
    assert InboxItem.objects.get().state == "done"


def test_the_last_open_alert_resolves_the_incident(probe: Integration) -> None:
    deliver(probe, event("a"), event("b"))
    deliver(probe, event("a", action="resolve"), at=NOW + minutes(1))
    assert only_incident().state == "triggered"
    assert only_incident().timeline.get(kind="alert").text == "Alert resolved: a is broken"
    deliver(probe, event("b", action="resolve"), at=NOW + minutes(2))
    incident = only_incident()
    assert (incident.state, incident.resolved_at) == ("resolved", NOW + minutes(2))
    assert incident.timeline.get(kind="resolved").actor_name == "Probe"
    assert list(Page.objects.values_list("state", flat=True)) == ["resolved"]


def test_many_incidents_that_end_at_once_cost_no_more_statements_than_two(probe: Integration) -> None:
    probe.service.grouping_minutes = 0
    probe.service.save()
    counts = []
    for count in (2, 20):
        keys = [f"{count}-{n}" for n in range(count)]
        deliver(probe, *(event(key) for key in keys))
        with CaptureQueriesContext(connection) as ran:
            deliver(probe, *(event(key, action="resolve") for key in keys), at=NOW + minutes(1))
        counts.append(len(ran))
    assert counts[1] <= counts[0]
    assert set(Incident.objects.values_list("state", "resolved_at")) == {("resolved", NOW + minutes(1))}
    assert Incident.objects.count() == 22
    assert TimelineEntry.objects.filter(kind="resolved", text="Resolved.", actor_name="Probe").count() == 22
    assert not Page.objects.exclude(state="resolved").exists()


def test_without_auto_resolve_people_decide(probe: Integration) -> None:
    probe.service.auto_resolve = False
    probe.service.save()
    deliver(probe, event("a"))
    deliver(probe, event("a", action="resolve"), at=NOW + minutes(1))
    assert Alert.objects.get().resolved_at == NOW + minutes(1)
    assert only_incident().state == "triggered"


def test_trigger_and_resolve_in_one_body_leave_a_resolved_incident_behind(probe: Integration) -> None:
    deliver(probe, event("a"), event("a", action="resolve"))
    assert only_incident().state == "resolved"


@pytest.mark.parametrize("batches", [1, 2])
def test_a_key_that_ends_and_begins_again_makes_two_linked_incidents_in_one_batch_or_in_two(
    probe: Integration, batches: int
) -> None:
    deliver(probe, event("a"))
    send(probe, event("a", action="resolve"), at=NOW + minutes(1))
    if batches == 2:
        intake.drain(NOW + minutes(2))
    send(probe, event("a"), at=NOW + minutes(2))
    intake.drain(NOW + minutes(2))

    first, second = Incident.objects.order_by("pk")
    assert (first.state, first.alert_count) == ("resolved", 1)
    assert (second.state, second.alert_count, second.previous) == ("triggered", 1, first)
    assert Alert.objects.filter(resolved_at=None).get().incident == second
    assert [page.state for page in Page.objects.order_by("pk")] == ["resolved", "open"]


def test_a_trigger_after_its_incident_was_resolved_opens_one_linked_to_it(probe: Integration) -> None:
    deliver(probe, event("a"))
    first = only_incident()
    lifecycle.resolve(first, Actor(None, "engine", "engine"), NOW + minutes(1))
    deliver(probe, event("a"), at=NOW + minutes(2))
    second = Incident.objects.exclude(pk=first.pk).get()
    assert (second.state, second.previous) == ("triggered", first)
    assert Alert.objects.filter(dedup_key="a").count() == 2


def test_a_trigger_after_its_alert_resolved_joins_the_open_incident_like_any_other(probe: Integration) -> None:
    deliver(probe, event("a"), event("b"))
    deliver(probe, event("a", action="resolve"), at=NOW + minutes(1))
    deliver(probe, event("a"), at=NOW + minutes(2))
    assert only_incident().alert_count == 3
    assert only_incident().previous is None

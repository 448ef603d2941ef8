"""P2: one problem, one incident: duplicates join, and one person is woken once."""

from incidents import integrations
from incidents.models import Alert, Incident
from tests.cast import NOW
from tests.walks.conftest import MINUTE, World


def test_repeats_of_one_key_are_one_alert_and_one_page(world: World) -> None:
    for _ in range(50):
        assert world.post().status_code == 202
    world.tick()
    assert Alert.objects.get().count == 50
    assert Incident.objects.count() == 1
    assert len(world.pages) == 1


def test_a_storm_of_a_thousand_alerts_is_one_incident_and_one_message(world: World) -> None:
    events = [{"summary": f"disk {n}", "dedup_key": f"disk-{n}", "severity": "critical"} for n in range(1000)]
    assert world.send(events).status_code == 202
    for _ in range(4):
        world.tick()
    assert Incident.objects.get().alert_count == 1000
    assert len(world.pages) == 1


def test_two_senders_of_one_problem_share_an_incident(world: World) -> None:
    _other, key = integrations.create(world.company.service, "Other", "generic", NOW)
    world.post()
    world.send({"summary": "same", "dedup_key": "errors"}, key)
    world.tick()
    assert Alert.objects.count() == 2
    assert Incident.objects.count() == 1
    assert len(world.pages) == 1


def test_a_new_problem_after_the_grouping_time_is_its_own(world: World) -> None:
    world.post(dedup_key="one")
    world.tick()
    world.now += 6 * MINUTE
    world.post(dedup_key="two")
    world.tick()
    assert Incident.objects.count() == 2


def test_what_fires_again_after_it_was_resolved_is_new_and_knows_the_old(world: World) -> None:
    world.post()
    world.tick()
    world.post(action="resolve")
    world.tick()
    first = world.incident
    assert first.state == "resolved"
    world.post()
    world.tick()
    second = Incident.objects.latest("pk")
    assert (second.previous, second.state) == (first, "triggered")

"""P7: who was on call, what was sent and what the timeline says stays when configuration changes later."""

from datetime import timedelta
from typing import Any

from django.test import Client

from incidents.models import TimelineEntry
from oncall.engine import shifts
from oncall.models import LayerMember, Notification, Override
from tests.walks.conftest import MINUTE, World


def on_call(world: World, at: Any) -> Any:
    world.company.zoe.is_superuser = True
    world.company.zoe.save()
    client = Client()
    client.force_login(world.company.zoe)
    return client.get("/api/v1/schedules/platform/on-call/", {"at": at.isoformat()}).json()["layers"][0]["people"]


def test_what_happened_reads_the_same_after_everything_changed(world: World) -> None:
    world.post()
    world.run(timedelta(minutes=6))
    then = world.now - 5 * MINUTE
    said = list(TimelineEntry.objects.order_by("pk").values_list("text", flat=True))
    sent = list(Notification.objects.order_by("pk").values_list("recipient", "title", "text", "sent_at"))
    assert on_call(world, then) == ["ana"]
    ids = [world.company.schedule.pk]
    with shifts.settled(ids, world.now):
        LayerMember.objects.filter(user=world.company.ana).delete()
        world.company.policy.delete()
        world.company.bo.name = "Robert"
        world.company.bo.save()
    world.run(timedelta(minutes=2))
    assert on_call(world, then) == ["ana"]
    assert list(TimelineEntry.objects.order_by("pk").values_list("text", flat=True))[: len(said)] == said
    kept = Notification.objects.order_by("pk").values_list("recipient", "title", "text", "sent_at")
    assert list(kept)[: len(sent)] == sent


def test_a_policy_edited_while_it_runs_does_not_disturb_running_pages(world: World) -> None:
    world.post()
    world.tick()
    for step in world.company.policy.steps.all():
        step.delete()
    arrived = world.run(timedelta(minutes=20))
    assert arrived == [(5, "bo"), (15, "dee")]


def test_an_override_made_now_does_not_change_who_was_on_call_before(world: World) -> None:
    world.tick()
    world.now += MINUTE
    company = world.company
    with shifts.settled([company.schedule.pk], world.now):
        Override.objects.create(
            schedule=company.schedule,
            layer=company.primary,
            add=company.cy,
            remove=company.ana,
            starts_at=world.now - timedelta(hours=2),
            ends_at=world.now + timedelta(hours=2),
        )
    assert on_call(world, world.now - timedelta(seconds=30)) == ["ana"]
    assert on_call(world, world.now) == ["cy"]

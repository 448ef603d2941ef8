"""P3: somebody is always paged, or somebody is told that nobody could be; it never ends in silence."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from incidents.models import TimelineEntry
from oncall.models import ContactMethod, EscalationStep, LayerMember, Schedule, User
from tests import cast
from tests.walks.conftest import MINUTE, SHORT, World, no_rules


def everybody(world: World) -> list[User]:
    return list(User.objects.all())


def leave(world: World) -> None:
    for user in everybody(world):
        cast.away(user, world.now - MINUTE, world.now + timedelta(days=2))


def inactive(world: World) -> None:
    for user in everybody(world):
        user.is_active = False
        user.save()


def unverified(world: World) -> None:
    for method in ContactMethod.objects.all():
        method.verified_at = None
        method.save()


def ruleless(world: World) -> None:
    for user in everybody(world):
        no_rules(user)


def empty_layers(world: World) -> None:
    LayerMember.objects.all().delete()
    world.company.team.lead = None
    world.company.team.save()


def no_schedule(world: World) -> None:
    Schedule.objects.all().delete()
    world.company.team.lead = None
    world.company.team.save()


def no_steps(world: World) -> None:
    EscalationStep.objects.all().delete()


def no_policy(world: World) -> None:
    world.company.service.escalation_policy = None
    world.company.service.save()


@pytest.mark.parametrize(
    "trouble", [leave, inactive, unverified, ruleless, empty_layers, no_schedule, no_steps, no_policy]
)
def test_when_nobody_can_be_reached_the_fallback_hears_of_it_at_once(
    world: World, trouble: Callable[[World], None]
) -> None:
    trouble(world)
    world.post()
    world.run(MINUTE, SHORT)
    assert [message.to for message in world.messages] == ["fallback"]


def test_a_step_that_reaches_nobody_falls_through_and_says_why(world: World) -> None:
    no_rules(world.company.ana)
    world.post()
    world.run(MINUTE, SHORT)
    assert [message.to for message in world.messages] == ["bo"]
    texts = " ".join(TimelineEntry.objects.values_list("text", flat=True))
    assert "Ana" in texts
    assert "rule" in texts


def test_after_the_last_round_the_fallback_is_told_every_half_hour_until_somebody_answers(world: World) -> None:
    world.post()
    world.tick()
    assert [message.to for message in world.messages] == ["ana"]
    arrived = world.run(timedelta(minutes=86), MINUTE)
    assert [to for _, to in arrived] == ["bo", "dee", "fallback", "fallback", "fallback"]
    minutes = [minute for minute, to in arrived if to == "fallback"]
    assert minutes == [25, 55, 85]
    world.phone(world.company.bo, "ack")
    assert [to for _, to in world.run(timedelta(minutes=35), MINUTE) if to == "fallback"] == []


def test_a_provider_that_refuses_everybody_brings_the_next_step_forward(world: World) -> None:
    world.provider.status = 403
    world.post()
    world.run(MINUTE, SHORT)
    assert {message.to for message in world.messages} >= {"ana", "bo", "dee", "fallback"}

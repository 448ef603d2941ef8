"""P6: after an outage the first late step is done at once, the others one delay after another; no bursts."""

from datetime import timedelta

from tests.walks.conftest import MINUTE, World


def test_an_engine_that_slept_through_every_step_does_them_in_order(world: World) -> None:
    world.post()
    world.now += timedelta(hours=1)
    arrived = world.run(timedelta(minutes=40))
    assert arrived == [(0, "ana"), (5, "bo"), (15, "dee"), (25, "fallback")]


def test_a_page_opens_as_of_its_alerts_receipt(world: World) -> None:
    """Nobody drained for four minutes: the second step comes one minute after the first would have been late."""
    first = world.company.policy.steps.get(position=0)
    first.delay_minutes = 3
    first.save()
    world.post()
    world.now += 2 * MINUTE
    arrived = world.run(timedelta(minutes=8))
    assert arrived == [(1, "ana"), (6, "bo")]


def test_an_outage_in_the_middle_skips_nothing(world: World) -> None:
    world.post()
    world.tick()
    world.now += timedelta(minutes=50)
    arrived = world.run(timedelta(minutes=25))
    assert arrived == [(0, "bo"), (10, "dee"), (20, "fallback")]

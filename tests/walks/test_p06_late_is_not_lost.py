"""P6: after an outage the first late step is done at once, the others one delay after another; no bursts."""

from datetime import timedelta

from oncall.models import Notification, Page
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


def test_two_hours_away_are_one_message_a_person_and_no_burst(world: World) -> None:
    """Nothing left before the outage: what waited is history, the page's present step goes out."""
    world.post()
    with world.unsent():
        world.tick()  # ana's message is posted, and everything stops
    world.now += timedelta(hours=2)
    arrived = world.run(timedelta(minutes=22))
    assert arrived == [(0, "bo"), (10, "dee"), (20, "fallback")]
    old = Notification.objects.get(person__username="ana")
    assert (old.state, old.attempts) == ("cancelled", 0)
    assert "over an hour late" in old.reason


def test_the_only_voice_of_a_page_goes_out_however_late(world: World) -> None:
    """No step is due any more: the last message that was posted is still to be sent, once."""
    world.post()
    with world.unsent():
        world.tick()
    Page.objects.update(due_at=None)
    assert world.run(timedelta(hours=2), every=timedelta(hours=2)) == [(120, "ana")]


def test_a_copy_put_back_sends_again_under_the_same_key_unless_it_is_an_hour_old(world: World) -> None:
    """The copy was made between posting and sending; what it holds as pending had arrived."""
    world.post()
    with world.unsent():
        world.tick()
    copy = Notification.objects.get()
    world.tick()
    Notification.objects.update(state="pending", attempts=0, sent_at=None)  # put back a moment later
    world.tick(MINUTE)
    assert [message.key for message in world.pages] == [copy.key, copy.key]

    Notification.objects.update(state="pending", attempts=0, sent_at=None)  # put back much later
    world.tick(timedelta(hours=3))
    assert [message.to for message in world.pages] == ["ana", "ana", "bo"]

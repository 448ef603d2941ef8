"""P4: a page is sent at least once, and once per page, step, round, person and rule, save retries."""

from collections import Counter
from datetime import timedelta

from tests import cast
from tests.walks.conftest import MINUTE, SHORT, World


def test_many_ticks_send_each_message_once(world: World) -> None:
    world.post()
    world.run(timedelta(minutes=30))
    assert [message.to for message in world.pages] == ["ana", "bo", "dee"]
    assert max(Counter(message.key for message in world.messages).values()) == 1


def test_a_retry_after_a_failure_carries_the_same_key(world: World) -> None:
    world.provider.status = 500
    world.post()
    world.run(MINUTE, SHORT)
    failed = world.to("ana")
    assert len(failed) >= 2
    world.provider.status = 200
    world.run(MINUTE, SHORT)
    assert {message.key for message in world.to("ana")} == {failed[0].key}
    sent = len(world.to("ana"))
    world.run(2 * MINUTE, SHORT)
    assert len(world.to("ana")) == sent


def test_rules_due_at_once_for_one_contact_method_are_one_message(world: World) -> None:
    """Ana is primary and leads the team; both steps ask for her at once, and a rule of hers falls due then too."""
    ana = world.company.ana
    world.company.team.lead = ana
    world.company.team.save()
    steps = list(world.company.policy.steps.all())
    steps[1].delete()
    steps[2].delay_minutes = 5
    steps[2].save()
    cast.rule(ana, ana.contact_methods.get(), 5)
    world.post()
    arrived = world.run(timedelta(minutes=8))
    assert [(minute, to) for minute, to in arrived if to == "ana"] == [(0, "ana"), (5, "ana")]


def test_each_round_pages_anew(world: World) -> None:
    world.company.policy.repeat = 1
    world.company.policy.repeat_after_minutes = 15
    world.company.policy.save()
    world.post()
    world.tick()
    assert [message.to for message in world.pages] == ["ana"]
    arrived = world.run(timedelta(minutes=65), MINUTE)
    assert arrived == [(5, "bo"), (15, "dee"), (30, "ana"), (35, "bo"), (45, "dee"), (60, "fallback")]

"""P5: acknowledge or resolve stops every message not yet handed to a provider."""

from datetime import timedelta

import pytest

from oncall.models import Notification
from tests import cast
from tests.walks.conftest import MINUTE, World


@pytest.mark.parametrize("act", ["ack", "resolve", "dismiss"])
def test_ack_stops_pages_not_yet_sent(world: World, act: str) -> None:
    ana = world.company.ana
    cast.rule(ana, ana.contact_methods.get(), 2)
    world.post()
    world.tick()
    assert [message.to for message in world.pages] == ["ana"]
    assert world.phone(ana, act, text="seen it").status_code == 303
    world.run(timedelta(minutes=50), MINUTE)  # an hour without a word, and a SEV-1 pages again
    assert [message.to for message in world.pages] == ["ana"]


def test_an_answer_between_posting_and_sending_wins(world: World) -> None:
    world.provider.status = 500
    world.post()
    world.tick()
    tries = len(world.pages)
    world.phone(world.company.ana, "ack")
    world.provider.status = 200
    world.run(timedelta(minutes=40), MINUTE)
    assert len(world.pages) == tries
    assert not Notification.objects.filter(kind="page", state__in=["pending", "sending"]).exists()


def test_a_sender_that_resolves_stops_it_too(world: World) -> None:
    world.post()
    world.tick()
    world.post(action="resolve")
    world.run(timedelta(minutes=30), MINUTE)
    assert [message.to for message in world.pages] == ["ana"]
    assert world.incident.state == "resolved"


def test_who_was_paged_is_told_once_who_took_it(world: World) -> None:
    world.post()
    world.run(timedelta(minutes=6))
    world.phone(world.company.bo, "ack")
    world.run(timedelta(minutes=5))
    told = [message for message in world.messages if not message.key.startswith("page:")]
    assert [message.to for message in told] == ["ana"]
    assert "Bo" in told[0].title + told[0].text


def test_escalate_now_pages_though_somebody_has_it(world: World) -> None:
    world.post()
    world.tick()
    world.phone(world.company.ana, "ack")
    world.phone(world.company.ana, "escalate")
    world.run(timedelta(minutes=30), MINUTE)
    assert [message.to for message in world.pages] == ["ana", "bo"]
    assert world.incident.state == "acknowledged"

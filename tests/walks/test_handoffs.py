"""Handoffs from the first notice to both signatures, and changed shifts: each message exactly once."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import time_machine
from django.test import Client

from oncall.models import Handoff, HandoffSide, Notification
from tests.walks.conftest import MINUTE, World

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def told(world: World, kind: str = "handoff") -> list[tuple[str, str]]:
    """(to whom, title) of all messages of a kind, in order."""
    keys = set(Notification.objects.filter(kind=kind).values_list("key", flat=True))
    return [(message.to, message.title) for message in world.messages if message.key in keys]


def only_primary(world: World) -> datetime:
    """The company with one layer; when its next handoff is, from Ana to Bo."""
    world.company.policy.steps.filter(targets__layer=world.company.secondary).delete()
    world.company.secondary.delete()
    return world.company.primary.start_at + 7 * DAY


def open_link(world: World, username: str, at: datetime) -> str:
    row = Notification.objects.filter(kind="handoff", person__username=username).latest("pk")
    return urlsplit(row.link).path


def press(world: World, path: str, **data: str) -> Any:
    with time_machine.travel(world.now, tick=False):
        return Client(enforce_csrf_checks=True).post(path, data)


def look(world: World, path: str) -> str:
    with time_machine.travel(world.now, tick=False):
        return Client().get(path).content.decode()


def test_a_handoff_from_the_first_notice_to_both_signatures(world: World) -> None:
    at = only_primary(world)
    world.now = at - DAY - 2 * HOUR
    world.tick()
    world.tick()
    handoff = Handoff.objects.get()
    assert (handoff.at, handoff.began_at) == (at, at - 7 * DAY)
    assert told(world) == []

    world.now = at - DAY
    world.tick()
    world.tick()
    assert [to for to, _title in told(world)] == ["ana", "bo"] or [to for to, _ in told(world)] == ["bo", "ana"]
    path = open_link(world, "ana", at)
    before = list(HandoffSide.objects.order_by("pk").values())
    assert "I have handed over" in look(world, path)
    assert list(HandoffSide.objects.order_by("pk").values()) == before
    assert press(world, path, act="note", note="The queue is slow; leave it alone.").status_code == 200
    assert HandoffSide.objects.get(side="outgoing").signed_at is None

    world.now = at - HOUR
    world.tick()
    world.tick()
    assert Counter(to for to, _title in told(world)) == {"ana": 2, "bo": 2}
    assert "The queue is slow; leave it alone." in world.to("bo")[-1].text
    press(world, path, act="sign", note="The queue is slow; leave it alone.")
    world.now = at
    world.tick()
    world.tick()
    assert Counter(to for to, _title in told(world)) == {"ana": 2, "bo": 3}, "who has signed is asked for nothing"
    assert world.to("bo")[-1].title.startswith("You are on call now: Platform · primary")
    press(world, open_link(world, "bo", at), act="sign")
    assert not HandoffSide.objects.filter(handoff=handoff, signed_at=None).exists()
    world.run(2 * HOUR, every=10 * MINUTE)
    assert Counter(to for to, _title in told(world)) == {"ana": 2, "bo": 3}


def test_two_beats_and_one_killed_right_after_it_fired_tell_once(world: World) -> None:
    at = only_primary(world)
    for now in (at - DAY - HOUR, at - DAY, at - DAY, at - HOUR, at - HOUR, at, at, at + MINUTE):
        world.now = now
        with patch("oncall.nudge.look", side_effect=None):
            world.tick()
        world.tick()  # the second beat, at the same instant
    keys = list(Notification.objects.filter(kind="handoff").values_list("key", flat=True))
    assert sorted(key.split(":", 2)[2] for key in keys) == sorted(
        f"{side}:{minutes}:{person.pk}"
        for side, person in (("outgoing", world.company.ana), ("incoming", world.company.bo))
        for minutes in (1440, 60, 0)
    )

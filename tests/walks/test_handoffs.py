"""Handoffs from the first notice to both signatures, and changed shifts: each message exactly once."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from oncall.engine import shifts
from oncall.models import Handoff, HandoffSide, Layer, Notification, Schedule
from tests import cast
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
    for _ in range(4):
        world.tick(HOUR / 2)
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


@pytest.mark.parametrize(
    ("before", "wall", "instants"),
    [
        # 01:30 does not exist on the 29th: the handoff happens at the end of the gap.
        ("2026-03-27T12:00:00+00:00", "01:30", ["28 01:30", "29 01:00", "30 00:30"]),
        # 01:30 comes twice on the 25th: the handoff happens once, at the first.
        ("2026-10-23T12:00:00+00:00", "01:30", ["24 00:30", "25 00:30", "26 01:30"]),
    ],
)
def test_through_both_nights_each_is_told_once(world: World, before: str, wall: str, instants: list[str]) -> None:
    only_primary(world)
    world.now = datetime.fromisoformat(before)
    hour, minute = map(int, wall.split(":"))
    start = world.now.astimezone(ZoneInfo("Europe/Lisbon")).replace(hour=hour, minute=minute)
    Layer.objects.update(unit="daily", start_at=start, timezone="Europe/Lisbon")
    Schedule.objects.update(plan_due_at=None, record_due_at=None)
    due = [world.now.replace(day=int(each[:2]), hour=int(each[3:5]), minute=int(each[6:])) for each in instants]
    for now in sorted({world.now, *(at - MINUTE * minutes for at in due for minutes in (1440, 60, 0))}):
        world.now = now
        world.tick()
        world.tick()  # the second beat
    made = list(Handoff.objects.order_by("at")[:3])
    assert [f"{each.at:%d %H:%M}" for each in made] == instants
    for handoff in made[1:]:
        rows = list(Notification.objects.filter(key__startswith=f"handoff:{handoff.pk}:").order_by("pk"))
        assert Counter(row.key.rsplit(":", 1)[0].split(":", 2)[2] for row in rows) == {
            f"{side}:{minutes}": 1 for side in ("outgoing", "incoming") for minutes in (1440, 60, 0)
        }
        assert {row.created_at - (handoff.at - MINUTE * int(row.key.split(":")[3])) for row in rows} == {timedelta(0)}
        local = handoff.at.astimezone(ZoneInfo("Europe/Lisbon"))
        assert all(f"{local:%H:%M %Z}" in row.text for row in rows)


def test_an_edit_moves_the_handoff_and_tells_those_whose_hours_moved(world: World) -> None:
    at = only_primary(world)
    world.now = at - DAY
    world.tick()
    world.tick()
    company = world.company
    with shifts.settled([company.schedule.pk], world.now):
        cast.override(company.schedule, at - HOUR, at + HOUR, add=company.dee, remove=company.ana)
        cast.override(company.schedule, at, at + HOUR, add=company.dee, remove=company.bo)
    for hours in (0, 22, 23, 23, 24, 25, 25):
        world.now = at - DAY + hours * HOUR
        world.tick()
        world.tick()
    assert Counter(to for to, _title in told(world, "roster")) == {"ana": 1, "bo": 1, "dee": 1}
    (words,) = [m.text for m in world.to("dee") if "shifts changed" in m.title]
    assert "Before:\nnot on call in these hours\n\nNow:\n- Platform · primary: " in words
    keys = Notification.objects.filter(kind="handoff").values_list("key", flat=True)
    assert len(set(keys)) == len(keys)
    moved = Handoff.objects.get(at=at)
    assert moved.withdrawn_at is not None
    assert Counter(key.split(":")[3] for key in keys if key.startswith(f"handoff:{moved.pk}:")) == {"1440": 2}
    for new in Handoff.objects.filter(at__in=[at - HOUR, at + HOUR]):
        assert Counter(key.split(":")[2] for key in keys if key.startswith(f"handoff:{new.pk}:"))["incoming"] == 3


def test_unsigned_ones_stand_on_the_first_page_until_they_are_signed(world: World) -> None:
    at = only_primary(world)
    world.now = at - HOUR
    for _ in range(2):
        world.tick()
    world.company.zoe.is_superuser = True
    world.company.zoe.is_staff = True
    world.company.zoe.save()
    world.now = at + MINUTE
    world.tick()

    def shown() -> bool:
        with time_machine.travel(world.now, tick=False):
            client = Client()
            client.force_login(world.company.zoe)
            return "Handoffs not signed" in client.get("/admin/").content.decode()

    assert shown()
    for username in ("ana", "bo"):
        press(world, open_link(world, username, at), act="sign")
    assert not shown()


def test_a_strangers_link_is_gone_and_a_note_is_data(world: World) -> None:
    at = only_primary(world)
    world.now = at - DAY
    world.tick()
    path = open_link(world, "ana", at)
    assert press(world, path[:-3] + "AA/", act="sign").status_code == 410
    press(world, path, act="note", note="</textarea><script>alert(1)</script>\x00\u202e" + "x" * 5_000)
    side = HandoffSide.objects.get(side="outgoing")
    assert side.note.startswith("</textarea><script>alert(1)</script>xxx") and len(side.note) <= 4_000
    assert "<script>" not in look(world, path)
    assert "<script>" not in look(world, open_link(world, "bo", at))

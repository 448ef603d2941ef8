"""Handoffs are made ahead of time, mended by edits, and never twice."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from oncall import handoffs as verbs
from oncall.engine import handoffs, shifts
from oncall.models import Handoff, HandoffSide, Layer, Schedule, User
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST = NOW + 6 * DAY  # the cast's weekly layers began yesterday


@pytest.fixture
def company() -> cast.Platform:
    return cast.platform()


def look(now: datetime) -> int:
    shifts.run(now)
    return handoffs.run(now)


def passes(layer: str = "primary") -> list[tuple[datetime, list[str], list[str]]]:
    """(at, outgoing, incoming) of the handoffs that stand."""
    rows = Handoff.objects.filter(layer_name=layer, withdrawn_at=None).order_by("at")
    return [(row.at, names(row, "outgoing"), names(row, "incoming")) for row in rows]


def names(row: Handoff, side: str) -> list[str]:
    return sorted(row.sides.filter(side=side).values_list("username", flat=True))


def test_a_row_is_there_before_its_first_notice_and_not_long_before(company: cast.Platform) -> None:
    look(NOW)
    look(FIRST - DAY - 3 * HOUR)
    assert passes() == []
    look(FIRST - DAY - 2 * HOUR)
    assert passes() == [(FIRST, ["ana"], ["bo"])]
    assert set(HandoffSide.objects.values_list("due_at", "told_minutes")) == {(FIRST - DAY, None)}
    assert Handoff.objects.filter(layer_name="primary").get().began_at == FIRST - 7 * DAY


def test_a_look_is_due_hourly_and_makes_nothing_twice(company: cast.Platform) -> None:
    start = FIRST - DAY
    assert (look(start), look(start), look(start + 59 * MINUTE), look(start + HOUR)) == (1, 0, 0, 1)
    rows = list(Handoff.objects.order_by("pk").values())
    for hours in range(1, 24):
        look(start + hours * HOUR)
    assert list(Handoff.objects.order_by("pk").values()) == rows


def test_an_edit_mends_what_lies_ahead_at_once(company: cast.Platform) -> None:
    look(FIRST - DAY)
    later = FIRST - DAY + MINUTE
    with shifts.settled([company.schedule.pk], later):
        cast.override(company.schedule, FIRST - 2 * HOUR, FIRST + 2 * HOUR, add=company.dee, remove=company.ana)
        cast.override(company.schedule, FIRST, FIRST + 2 * HOUR, add=company.dee, remove=company.bo)
    assert look(later) == 1
    assert passes()[:2] == [(FIRST - 2 * HOUR, ["ana"], ["dee"]), (FIRST + 2 * HOUR, ["dee"], ["bo"])]


def test_what_is_over_stays_when_the_schedule_changes(company: cast.Platform) -> None:
    look(FIRST - HOUR)
    look(FIRST)
    with shifts.settled([company.schedule.pk], FIRST + HOUR):
        company.primary.members.filter(user=company.bo).delete()
    look(FIRST + HOUR)
    assert passes()[0] == (FIRST, ["ana"], ["bo"])
    assert passes()[1][:2] == (FIRST + HOUR, ["bo"])


def test_a_cover_from_now_on_is_a_handoff_now_and_one_back(company: cast.Platform) -> None:
    look(NOW)
    with shifts.settled([company.schedule.pk], NOW + MINUTE):
        cast.override(company.schedule, NOW - 2 * MINUTE, NOW + 3 * HOUR, add=company.dee, remove=company.ana)
    look(NOW + MINUTE)
    assert passes() == [(NOW + MINUTE, ["ana"], ["dee"]), (NOW + 3 * HOUR, ["dee"], ["ana"])]
    side = HandoffSide.objects.get(handoff__at=NOW + MINUTE, side="incoming")
    assert side.due_at == NOW + MINUTE - DAY, "its notices are due, and the latest of them goes out"


def test_one_that_was_told_of_is_withdrawn_and_another_forgotten(company: cast.Platform) -> None:
    look(FIRST - DAY)
    told = HandoffSide.objects.get(handoff__layer_name="primary", side="outgoing")
    HandoffSide.objects.filter(pk=told.pk).update(told_minutes=1440)
    with shifts.settled([company.schedule.pk], FIRST - HOUR):
        for layer in Layer.objects.all():
            layer.start_at += HOUR
            layer.save()
    look(FIRST - HOUR)
    assert Handoff.objects.get(at=FIRST).withdrawn_at == FIRST - HOUR
    assert not HandoffSide.objects.filter(handoff__at=FIRST, due_at__isnull=False).exists()
    assert passes() == [(FIRST + HOUR, ["ana"], ["bo"])]
    with shifts.settled([company.schedule.pk], FIRST - HOUR + MINUTE):
        for layer in Layer.objects.all():
            layer.start_at -= HOUR
            layer.save()
    look(FIRST - HOUR + MINUTE)
    assert passes() == [(FIRST, ["ana"], ["bo"])]
    again = HandoffSide.objects.get(pk=told.pk)
    assert (again.told_minutes, again.due_at) == (1440, FIRST - HOUR), "the notice that was sent is not sent again"


def test_other_notices_are_due_at_other_times(company: cast.Platform) -> None:
    look(FIRST - DAY)
    with shifts.settled([company.schedule.pk], FIRST - DAY + MINUTE):
        company.schedule.handoff_notices = "120"
        company.schedule.save(update_fields=["handoff_notices"])
    look(FIRST - DAY + MINUTE)
    assert set(HandoffSide.objects.values_list("due_at", flat=True)) == {FIRST - 2 * HOUR}
    with shifts.settled([company.schedule.pk], FIRST - DAY + 2 * MINUTE):
        company.schedule.handoff_notices = ""
        company.schedule.save(update_fields=["handoff_notices"])
    look(FIRST - DAY + 2 * MINUTE)
    assert set(HandoffSide.objects.values_list("due_at", flat=True)) == {None}


@pytest.mark.parametrize(("slept", "told"), [(2 * HOUR, True), (13 * HOUR, False)])
def test_a_handoff_that_the_engine_slept_through_is_made_late(
    company: cast.Platform, slept: timedelta, told: bool
) -> None:
    look(NOW)
    look(FIRST + slept)
    assert passes() == [(FIRST, ["ana"], ["bo"])]
    assert HandoffSide.objects.exclude(due_at=None).exists() is told


def test_a_layer_that_is_renamed_hands_over_all_the_same(company: cast.Platform) -> None:
    look(NOW)
    with shifts.settled([company.schedule.pk], NOW + HOUR):
        company.primary.name = "first"
        company.primary.save()
    look(FIRST - DAY)
    assert passes("first") == [(FIRST, ["ana"], ["bo"])]


@pytest.mark.parametrize(
    "night",
    [datetime.fromisoformat("2026-03-28T09:30:00+00:00"), datetime.fromisoformat("2026-10-24T09:30:00+00:00")],
)
def test_through_both_nights_every_handoff_is_made_once(night: datetime) -> None:
    """Turns of six hours in Lisbon, looked at every ten minutes: as the rotation has them, one after another."""
    ana, bo = cast.person("ana"), cast.person("bo")
    rota = cast.schedule("Night", {"primary": [ana, bo]}, night, zone="Europe/Lisbon")
    Layer.objects.update(unit="hourly", length=6)
    now = night
    while now < night + 2 * DAY:
        look(now)
        now += 10 * MINUTE
    made = [at for at, _out, _in in passes() if at <= night + 2 * DAY]
    began = {
        at.astimezone(None)
        for start, end in rota.shifts.values_list("starts_at", "ends_at")
        for at in (start, end)
        if night < at <= night + 2 * DAY
    }
    assert len(made) in (7, 8) and set(made) == began
    sides = [(outgoing, incoming) for _at, outgoing, incoming in passes()]
    assert all(outgoing == before[1] for before, (outgoing, _incoming) in pairwise(sides))


class TestSigning:
    @pytest.fixture
    def outgoing(self, company: cast.Platform) -> HandoffSide:
        look(FIRST - DAY)
        return HandoffSide.objects.get(handoff__layer_name="primary", side="outgoing")

    def test_signing_again_keeps_the_first_instant(self, outgoing: HandoffSide) -> None:
        verbs.sign(outgoing.pk, "Look at the queue.\u202e", FIRST - HOUR)
        verbs.sign(outgoing.pk, None, FIRST)
        outgoing.refresh_from_db()
        assert (outgoing.signed_at, outgoing.note, outgoing.due_at) == (FIRST - HOUR, "Look at the queue.", None)

    def test_who_has_signed_is_asked_no_more_whatever_is_edited(self, outgoing: HandoffSide) -> None:
        verbs.sign(outgoing.pk, None, FIRST - HOUR)
        Schedule.objects.update(plan_due_at=None)
        look(FIRST - HOUR)
        outgoing.refresh_from_db()
        assert outgoing.due_at is None

    def test_who_takes_over_writes_no_note(self, outgoing: HandoffSide) -> None:
        incoming = HandoffSide.objects.get(handoff=outgoing.handoff, side="incoming")
        assert verbs.sign(incoming.pk, "mine", FIRST).note == ""

    def test_unsigned_are_those_of_the_past_two_weeks_of_people_who_are_here(self, outgoing: HandoffSide) -> None:
        def who(now: datetime) -> set[str]:
            rows = verbs.unsigned(now).filter(handoff=outgoing.handoff)
            return set(rows.values_list("username", flat=True))

        assert who(FIRST - MINUTE) == set()
        assert who(FIRST) == {"ana", "bo"}
        verbs.sign(outgoing.pk, None, FIRST)
        assert who(FIRST) == {"bo"}
        User.objects.filter(username="bo").update(is_active=False)
        assert who(FIRST) == set()
        User.objects.filter(username="bo").update(is_active=True)
        assert who(FIRST + 14 * DAY) == set()

    def test_a_link_dies_with_its_handoff_its_person_and_its_time(self, outgoing: HandoffSide) -> None:
        token = verbs.link(outgoing, FIRST).rstrip("/").rpartition("/")[2]
        assert verbs.of_token(token, FIRST + 29 * DAY) == outgoing
        assert verbs.of_token(token, FIRST + 30 * DAY) is None
        assert verbs.of_token(token[:-2] + "aa", FIRST) is None
        Handoff.objects.update(withdrawn_at=FIRST)
        assert verbs.of_token(token, FIRST) is None
        Handoff.objects.update(withdrawn_at=None)
        User.objects.filter(username="ana").update(is_active=False)
        assert verbs.of_token(token, FIRST) is None

    def test_of_a_layer_that_is_gone_nobody_signs(self, outgoing: HandoffSide, company: cast.Platform) -> None:
        company.policy.delete()
        company.primary.delete()
        assert not verbs.unsigned(FIRST).filter(pk=outgoing.pk).exists()
        assert str(Handoff.objects.get(pk=outgoing.handoff_id)) == "platform · primary"

    def test_after_a_hole_the_last_note_before_it_is_read(self, company: cast.Platform) -> None:
        look(NOW)
        with shifts.settled([company.schedule.pk], NOW):
            cast.override(company.schedule, NOW + HOUR, NOW + 2 * HOUR, remove=company.ana)
        look(NOW)
        last = HandoffSide.objects.get(handoff__at=NOW + HOUR, side="outgoing")
        verbs.write_note(last.pk, "Mind the gap.", NOW)
        back = verbs.sides().get(handoff__at=NOW + 2 * HOUR, side="incoming")
        assert [each.note for each in verbs.notes_for(back)] == ["Mind the gap."]

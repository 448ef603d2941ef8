"""Somebody is told after a minute, again each half hour, and once when it is over; a calm engine never."""

import pytest

from incidentops.watchdog.alarm import Alarm, News

TURN = 5.0


def looks(alarm: Alarm, start: float, answers: list[bool], proof: float = 0.0) -> list[tuple[float, News]]:
    """What is told, and at which second, when each turn answers so."""
    told = []
    for number, green in enumerate(answers):
        clock = start + number * TURN
        if news := alarm.see(green, proof, clock):
            told.append((clock, news))
    return told


def test_a_minute_without_a_sign_of_life_is_told_once() -> None:
    alarm = Alarm.starting(0.0)
    assert looks(alarm, 0, [True] * 3) == []
    assert looks(alarm, 15, [False] * 60) == [(70.0, News.BEGAN)]


def test_the_minute_counts_from_the_last_sign_of_life_not_from_when_it_was_missed() -> None:
    """The last green look rested on a sweep 28 s old: by then the engine was dead for that long."""
    alarm = Alarm.starting(-100.0)
    alarm.see(True, 28.0, 0.0)
    assert looks(alarm, 5, [False] * 20) == [(35.0, News.BEGAN)]


def test_it_is_told_again_each_half_hour_while_it_lasts_and_once_when_it_is_over() -> None:
    alarm = Alarm.starting(0.0)
    hour = looks(alarm, 0, [False] * 732)
    assert hour == [(60.0, News.BEGAN), (1860.0, News.LASTS), (3660.0, News.LASTS)][: len(hour)]
    assert len(hour) == 2
    assert [news for _at, news in looks(alarm, 3660, [True] * 10)] == [News.OVER]
    assert looks(alarm, 3710, [True] * 100) == []


def test_one_green_look_between_others_neither_ends_nor_restarts_anything() -> None:
    alarm = Alarm.starting(0.0)
    flapping = [False, False, True] * 40
    assert looks(alarm, 0, flapping) == [(60.0, News.BEGAN)]


def test_what_starts_has_the_time_to_come_up() -> None:
    alarm = Alarm.starting(0.0)
    assert looks(alarm, 0, [False] * 11 + [True] * 20) == []


def test_a_hiccup_below_a_minute_is_not_told() -> None:
    alarm = Alarm.starting(0.0)
    assert looks(alarm, 0, ([True] * 10 + [False] * 8) * 5, proof=10.0) == []


def test_having_been_stopped_ourselves_is_no_alarm() -> None:
    """A machine that was paused: nobody looked, and the first look finds everything an hour old."""
    alarm = Alarm.starting(0.0)
    alarm.see(True, 2.0, 5.0)
    assert looks(alarm, 3600, [False, False, True, True]) == []


@pytest.mark.parametrize("proof", [0.0, 29.0])
def test_a_calm_day_is_never_told(proof: float) -> None:
    assert looks(Alarm.starting(0.0), 0, [True] * 17280, proof=proof) == []

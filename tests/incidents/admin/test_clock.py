"""The response clock says how long is left, how late it is, or how long it took."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from incidents import lifecycle
from incidents.admin.incident.clock import clock
from incidents.admin.shapes import clock_face
from incidents.models import Incident
from tests import cast
from tests.cast import NOW
from tests.incidents.admin.looking import SENDER, later
from tests.incidents.lifecycle.playing import by

pytestmark = pytest.mark.django_db


def test_it_counts_down_to_the_response_time(incident: Incident) -> None:
    shown = clock(incident, later(10))
    assert (shown.words, shown.face, shown.tone) == ("Response due in", "5:00", "info")
    assert shown.ticks_at == later(15)
    assert clock(incident, later(14)).tone == "warn"


def test_it_counts_how_late_nobody_is(incident: Incident) -> None:
    shown = clock(incident, later(17))
    assert (shown.words, shown.face, shown.tone) == ("Response overdue by", "2:00", "bad")


def test_it_tells_an_answer_in_time_from_a_late_one(incident: Incident, company: cast.Platform) -> None:
    early, _outcome = lifecycle.acknowledge(incident, by(company.ana), later(3))
    assert clock(early, later(60)).words == "Acknowledged after 3 min, target 15 min"
    early.acknowledged_at = later(20)
    late = clock(early, later(60))
    assert (late.words, late.tone) == ("Acknowledged after 20 min, 5 min late (target 15 min)", "warn")


def test_a_raise_starts_it_anew(incident: Incident, company: cast.Platform, sev: dict[int, object]) -> None:
    lifecycle.acknowledge(incident, by(company.ana), later(3))
    raised = lifecycle.set_severity(incident, sev[1], "All are affected", by(company.ana), later(30))
    assert clock(raised, later(31)).face == "4:00"
    again, _outcome = lifecycle.acknowledge(raised, by(company.ana), later(32))
    assert clock(again, later(60)).words == "Acknowledged after 2 min, target 5 min"


def test_what_resolved_by_itself_says_how_long_it_lasted(incident: Incident) -> None:
    over, _outcome = lifecycle.resolve(incident, SENDER, later(12))
    assert clock(over, later(60)).words == "Over after 12 min"


def test_a_severity_for_the_next_business_day_counts_in_days(opened: Callable[..., Incident]) -> None:
    shown = clock(opened(4), NOW)
    assert shown.words == "Response due in"
    assert shown.tone == "info"


@pytest.mark.parametrize(
    ("span", "face"),
    [
        (timedelta(seconds=-5), "0:00"),
        (timedelta(minutes=4, seconds=10), "4:10"),
        (timedelta(hours=1, minutes=2, seconds=3), "1:02:03"),
        (timedelta(hours=50), "2 days"),
    ],
)
def test_its_face(span: timedelta, face: str) -> None:
    assert clock_face(span) == face

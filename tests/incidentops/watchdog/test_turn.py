"""What the watchdog does while it stands in, it does as of the moment at which it does it."""

from datetime import datetime, timedelta

from incidentops.health import Term
from incidentops.watchdog.lanes import Lane
from incidentops.watchdog.watch import Lanes, Watchdog
from tests.cast import NOW


def test_a_slow_look_makes_no_step_early(monkeypatch) -> None:
    """What came in during it would count as received when the look began."""
    clock, swept = [0.0], []

    def look(_now: datetime) -> list[Term]:
        clock[0] += 4.0
        return [Term("oncall.escalate", ok=False, seconds=100.0)]

    def sweep(now: datetime) -> int:
        swept.append(now)
        return 0

    nothing = Lane("nothing", lambda _now: 0)
    lanes = Lanes(Lane("look", look), Lane("sweep", sweep), nothing, nothing, nothing, nothing)
    dog = Watchdog(0.0, lanes)
    dog.alarm.well_at = -100.0
    dog.turn(NOW, lambda: clock[0])
    lanes.sweep.thread.join(30)
    assert swept == [NOW + timedelta(seconds=4)]

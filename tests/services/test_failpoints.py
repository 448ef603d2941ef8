"""kill -9 at every point between an alert and the mark that its page was sent: nothing is lost, little is repeated."""

import pytest

from oncall.engine.loop.lanes import PER_LANE
from tests.services.failpoints import ALERTS, POINTS, play
from tests.services.ground import Postgres

pytestmark = pytest.mark.services
KILLS = 2


def test_killed_at_any_point_it_loses_no_page_and_repeats_only_what_was_under_way(postgres: Postgres) -> None:
    with postgres.installation() as installation:
        tallies = play(installation, KILLS)
    assert len(tallies) == len(POINTS) == 11
    for point, tally in tallies.items():
        assert (point, tally.alerts, tally.lost, tally.late) == (point, KILLS * ALERTS, 0, 0)
        assert tally.most <= 2, point
        assert tally.doubled <= tally.kills * PER_LANE, point
        # Every repeat is on the timeline as one; so is one whose first try the dead process never began.
        assert tally.doubled <= tally.said <= tally.kills * PER_LANE, point
    for point in ("dispatch, after the send", "dispatch, before the mark", "dispatch, within the mark"):
        assert tallies[point].doubled >= tallies[point].kills, point
    for point in POINTS:
        if not point.startswith("dispatch"):
            assert tallies[point].doubled == tallies[point].said == 0, point

"""Every screen, wide and narrow, light and dark: nothing scrolls sideways, nothing fails, everybody can read it."""

import pytest

from tests.browser.conftest import Live
from tests.browser.judge import WIDTHS, told
from tests.browser.screens import Screen, every_screen

pytestmark = pytest.mark.services


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("screen", every_screen(), ids=lambda screen: screen.name)
def test_screen_can_be_read(live: Live, screen: Screen, width: int) -> None:
    judge = live.judges[screen.who]
    judge.page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    judge.open(screen.address(live.story), screen.status)
    judge.page.wait_for_selector(screen.ready)
    assert judge.look(screen.name, width) == [], told(judge.problems)

"""The board of action items by keyboard alone: found, begun, re-planned, done, and the figures that follow from it."""

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Live, new_page
from tests.browser.judge import WIDTHS, told
from tests.browser.test_keyboard import settled

pytestmark = pytest.mark.services
MINE = "Renew on one host a day before the others"  # an open one of Jonas
FAR = 120  # presses of Tab


@pytest.fixture
def page(live: Live, browser: Browser) -> Iterator[Page]:
    made = new_page(browser, live.url, "jonas", reduced_motion="reduce", viewport={"width": 1400, "height": 900})
    yield made
    made.context.close()


def test_an_action_goes_its_way_by_keyboard_only(page: Page) -> None:
    page.goto(f"{reverse('admin:postmortems_actionitem_board')}?owner=me")
    card = page.locator(".io-board-card", has_text=MINE)
    expect(page.locator(".io-board-open").locator(".io-board-card", has_text=MINE)).to_be_visible()

    tab_to(page, f"Begin: {MINE}")
    page.keyboard.press("Enter")
    expect(page.locator(".io-board-in_progress").locator(".io-board-card", has_text=MINE)).to_be_visible()
    assert page.url.endswith("#action-" + (card.get_attribute("id") or "").removeprefix("action-"))
    assert "owner=me" in page.url

    # One goes on from the card, not from the page's beginning.
    tab_to(page, f"More: {MINE}", most=6)
    page.keyboard.press("Enter")
    tab_to(page, f"Move the date: {MINE}", most=4)
    page.keyboard.press("Enter")
    field = page.get_by_label("New due date")
    expect(field).to_be_visible()
    tab_to_field(page, "to_on")
    page.keyboard.type("12242027")
    expect(field).to_have_value("2027-12-24")
    tab_to_field(page, "reason")
    page.keyboard.type("The hosts are rebuilt first.")
    tab_to(page, "Move the date")
    page.keyboard.press("Enter")
    expect(card.get_by_text("24 Dec")).to_be_visible()

    tab_to(page, f"Done: {MINE}", most=6)
    page.keyboard.press("Enter")
    expect(page.get_by_label("How can one see that it is done?")).to_be_visible()
    tab_to_field(page, "evidence")
    page.keyboard.type("Renewed on one host on Tuesday.")
    tab_to(page, "Done")
    page.keyboard.press("Enter")
    expect(page.locator(".io-board-done").locator(".io-board-card", has_text=MINE)).to_be_visible()


def tab_to(page: Page, name: str, most: int = FAR) -> None:
    """Press Tab until what is called so has the focus, seen on its way there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        words = page.evaluate("() => document.activeElement.textContent.replace(/\\s+/g, ' ').trim()")
        if words.replace(" :", ":") == name and page.evaluate("() => document.activeElement !== document.body"):
            here = settled(page)
            assert here and here["ring"] and here["seen"], here
            return
    raise AssertionError(f"{name!r} is not reached by {most} presses of Tab")


def tab_to_field(page: Page, name: str) -> None:
    for _ in range(FAR):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.name") == name:
            return
    raise AssertionError(f"the field {name} is not reached")


@pytest.mark.parametrize("width", WIDTHS)
def test_every_form_of_the_board_can_be_read(live: Live, width: int) -> None:
    """With its menu open, filtered, without a find, and many at once."""
    judge = live.judges["admin"]
    judge.page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    board, problems = reverse("admin:postmortems_actionitem_board"), []
    judge.open(f"{board}?priority=P1&owner=maya&team=storefront&incident=INC-2000-0001")
    problems += judge.look("board-nothing", width)
    judge.open(board)
    judge.page.locator(".io-board-more > summary").first.click()
    problems += judge.look("board-menu", width)
    judge.open(reverse("admin:postmortems_actionitem_figures") + "?since=30&team=platform")
    problems += judge.look("figures-of-a-team", width)
    judge.open(reverse("admin:postmortems_actionitem_changelist") + "?open=yes")
    for box in judge.page.locator("#result_list .action-select").all()[:3]:
        box.check()
    judge.page.locator("select[name=action]").select_option("replan")
    judge.page.locator("button[name=index]").click()
    judge.page.get_by_label("New due date").wait_for()
    problems += judge.look("board-many", width)
    assert problems == [], told(problems)

"""Without a mouse: dialogs open and close, the focus is always seen, and a page can be acknowledged."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Live
from tests.browser.judge import SETTLED, WIDTHS, told

pytestmark = pytest.mark.services

STOPS = 40  # presses of Tab that are followed on a screen
# What has the focus: is it seen, and is nothing lying on it? (WCAG 2.4.7, 2.4.11)
FOCUS = """
async () => {
  await new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)));
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const ring = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
  const x = Math.min(Math.max(box.x + box.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.y + box.height / 2, 0), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  return { what: at.outerHTML.slice(0, 200), ring, tiny: box.width < 2 || box.height < 2,
           seen: box.height > innerHeight / 2 || (!!top && (at.contains(top) || top.contains(at))) };
}
"""


def stops(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        here = settled(page)
        if here is None:
            break
        found.append(here)
    return found


def settled(page: Page) -> dict[str, Any] | None:
    """What has the focus, once its ring has faded in and the page has scrolled to it: a second at most."""
    here: dict[str, Any] | None = page.evaluate(FOCUS)
    for _ in range(20):
        if here is None or here["tiny"] or (here["ring"] and here["seen"]):
            return here
        page.wait_for_timeout(50)
        here = page.evaluate(FOCUS)
    return here


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("place", ["now", "incident", "list", "form", "my", "board"])
def test_the_focus_is_seen(live: Live, place: str, width: int) -> None:
    page = live.judges["admin"].page
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    page.goto(address(live, place))
    page.evaluate(SETTLED)
    found = stops(page)
    assert len(found) > 10
    unseen = [stop["what"] for stop in found if not stop["tiny"] and not (stop["ring"] and stop["seen"])]
    assert unseen == [], told(unseen)


def address(live: Live, place: str) -> str:
    return {
        "now": reverse("admin:index"),
        "incident": reverse("admin:incidents_incident_change", args=[live.story["incidents"]["storm"]]),
        "list": reverse("admin:incidents_alert_changelist"),
        "form": reverse("admin:oncall_override_add"),
        "my": reverse("admin:oncall_mine"),
        "board": reverse("admin:postmortems_actionitem_board"),
        "postmortem": reverse("admin:postmortems_postmortem_change", args=[live.story["postmortems"]["in_review"]]),
    }[place]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("place", "least"), [("incident", 8), ("postmortem", 6)])
def test_every_dialog_can_be_read_and_left(live: Live, place: str, least: int, width: int) -> None:
    judge = live.judges["admin"]
    page = judge.page
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    judge.open(address(live, place))
    verbs = [verb.get_attribute("id") or "" for verb in page.locator(".io-buttons a[data-verb]").all()]
    assert len(verbs) >= least
    problems = []
    for verb in verbs:
        page.focus(f"#{verb}")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        assert page.evaluate("() => document.querySelector('dialog').contains(document.activeElement)"), verb
        problems += judge.look(f"dialog-{place}-{verb}", width, within="dialog")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert page.evaluate("() => document.activeElement.id") == verb
    assert problems == [], told(problems)


def test_the_search_opens_finds_and_closes(live: Live) -> None:
    page = live.judges["admin"].page
    page.set_viewport_size({"width": 1400, "height": WIDTHS[1400]})
    page.goto(address(live, "now"))
    page.keyboard.press("Control+k")
    page.keyboard.type("payments", delay=20)
    expect(page.get_by_role("link", name="Payments are slow but complete").last).to_be_visible()
    problems = live.judges["admin"].look("search", 1400)
    words = page.get_by_placeholder("Type to search")
    words.press("Escape")  # the first empties the field, the second leaves it
    expect(words).to_have_value("")
    words.press("Escape")
    expect(words).to_be_hidden()
    assert problems == [], told(problems)


def test_a_page_is_acknowledged_by_keyboard_and_without_script(live: Live, browser: Browser) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False).new_page()
    page.goto(live.story["phone"]["escalating"])
    button = page.get_by_role("button", name="Acknowledge")
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    style = button.evaluate("(each) => getComputedStyle(each).outlineWidth + getComputedStyle(each).outlineStyle")
    assert style == "3pxsolid"
    page.keyboard.press("Enter")
    expect(page.get_by_text("You have it.")).to_be_visible()
    page.context.close()

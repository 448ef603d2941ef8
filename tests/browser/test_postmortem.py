"""A postmortem is written by two people at once, reviewed, published, and closed by its last action."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Live, new_page
from tests.browser.judge import WIDTHS, told
from tests.browser.test_keyboard import settled

pytestmark = pytest.mark.services
SAVED = re.compile(r"^Saved \d\d:\d\d UTC$")
TEXTS = {
    "Impact in words": "Searches took four seconds.",
    "Root cause": "A reindex had the same priority as searches.",
    "What went well": "It was throttled within ten minutes.",
    "What went poorly": "The first page was not answered.",
    "Lessons": "Work in the background yields to people.",
}


@pytest.fixture
def noor(live: Live, browser: Browser) -> Iterator[Page]:
    yield from someone(live, browser, "admin")


@pytest.fixture
def maya(live: Live, browser: Browser) -> Iterator[Page]:
    yield from someone(live, browser, "maya")


def someone(live: Live, browser: Browser, who: str, **more: Any) -> Iterator[Page]:
    page = new_page(browser, live.url, who, reduced_motion="reduce", viewport={"width": 1400, "height": 900}, **more)
    yield page
    reports = page.evaluate("() => window.__reports || []")
    page.context.close()
    assert reports == []


def address(live: Live, state: str) -> str:
    return reverse("admin:postmortems_postmortem_change", args=[live.story["postmortems"][state]])


def text(page: Page, label: str) -> Any:
    return page.get_by_role("textbox", name=label, exact=True)


def saved(page: Page) -> None:
    expect(page.locator("[data-state]")).to_have_text(SAVED, timeout=10_000)


def test_two_people_write_at_once_and_neither_overwrites_the_other(live: Live, noor: Page, maya: Page) -> None:
    noor.goto(address(live, "walked"))
    maya.goto(address(live, "walked"))
    text(noor, "Summary").fill("Search was slow for **everybody**.")
    saved(noor)
    text(maya, "Summary").fill("Search was slow in Europe.")
    conflict = maya.locator(".io-pm-conflict")
    expect(conflict.get_by_text("Search was slow for **everybody**.")).to_be_visible(timeout=10_000)
    expect(conflict.get_by_text("Search was slow in Europe.")).to_be_visible()
    expect(conflict.get_by_text("Noor Haddad")).to_be_visible()
    problems = [problem for width in WIDTHS for problem in live_problems(live, maya, "postmortem-both-texts", width)]
    maya.set_viewport_size({"width": 1400, "height": 900})
    conflict.get_by_label("Take what they wrote").check()
    saved(maya)
    expect(text(maya, "Summary")).to_have_value("Search was slow for **everybody**.")
    expect(conflict).to_have_count(0)
    # At different sections both simply go on, and each sees what the other wrote.
    text(maya, "Detection").fill("The monitor of its latency.")
    saved(maya)
    text(noor, "Where we got lucky").fill("It was morning.")
    saved(noor)
    expect(text(noor, "Detection")).to_have_value("The monitor of its latency.")
    noor.reload()
    expect(text(noor, "Where we got lucky")).to_have_value("It was morning.")
    assert problems == []


def live_problems(live: Live, page: Page, name: str, width: int) -> list[str]:
    """What the judge of layouts says of a page as it stands."""
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    own = live.judges["admin"]
    before, own.page = own.page, page
    try:
        own.problems = []
        return own.look(name, width)
    finally:
        own.page = before


SEND = """() => {
  const form = document.createElement("form"), words = "An evening's work, **unsaved**.";
  form.method = "post";
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const sent = { csrfmiddlewaretoken: token, "read-summary": "x", summary: words, "read-lessons": "x", lessons: words };
  for (const [name, value] of Object.entries(sent)) {
    const input = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}"""


def test_what_came_too_late_to_be_saved_is_shown_beside_what_stands(live: Live, noor: Page) -> None:
    noor.goto(address(live, "published"))
    noor.evaluate(SEND)
    kept = noor.locator(".io-pm-unsaved")
    expect(kept).to_have_count(2)
    expect(kept.first.get_by_text("An evening's work, **unsaved**.")).to_be_visible()
    found = [problem for width in WIDTHS for problem in live_problems(live, noor, "postmortem-unsaved", width)]
    assert [problem for problem in found if "409" not in problem] == []


def test_a_text_is_previewed_and_doubtful_words_are_hinted_at(live: Live, noor: Page) -> None:
    noor.goto(address(live, "walked"))
    text(noor, "What went poorly").fill("The engineer forgot **it**.")
    expect(noor.locator("#hints-went_poorly mark")).to_have_text("engineer forgot", timeout=10_000)
    noor.locator("#went_poorly").get_by_role("button", name="Preview").click()
    expect(noor.locator("#went_poorly .io-pm-preview strong")).to_have_text("it")
    noor.locator("#went_poorly").get_by_role("button", name="Preview").click()
    expect(text(noor, "What went poorly")).to_be_focused()


def test_whys_branch_by_keyboard_and_stay(live: Live, noor: Page) -> None:
    noor.goto(address(live, "walked"))
    noor.get_by_role("button", name="Another reason for the symptom").press("Enter")
    noor.keyboard.type("Searches waited for the disk.")
    rows = noor.locator("[data-list=whys] [data-row]")
    for words in ("A reindex read all of it.", "Its disk is shared."):
        rows.first.get_by_role("button", name="Ask why").press("Enter")
        noor.keyboard.type(words)
    saved(noor)
    noor.reload()
    expect(rows.locator("textarea")).to_have_count(3)
    classes = [row.get_attribute("class") or "" for row in rows.all()]
    assert [each[-1] for each in classes] == ["0", "1", "1"], classes


def test_from_draft_to_closed(live: Live, noor: Page) -> None:
    where = address(live, "walked")
    noor.goto(where)
    for label, words in TEXTS.items():
        text(noor, label).fill(words)
    if noor.locator("[data-list=whys] [data-row]").count() == 0:
        noor.get_by_role("button", name="Another reason for the symptom").click()
        noor.keyboard.type("A reindex read the whole disk.")
    text(noor, "Summary").fill("Search was slow.")
    noor.get_by_role("button", name="Another factor").click()
    noor.keyboard.type("Reindexing has no limit")
    saved(noor)
    noor.get_by_role("link", name="Start the review").click()
    noor.get_by_role("dialog").get_by_role("button", name="Start the review").click()
    expect(noor.locator(".io-stages .io-here")).to_have_text("In review")

    noor.get_by_role("link", name="Add an action item for it").click()
    noor.get_by_label("Description").fill("Give reindexing a limit")
    noor.get_by_label("Priority").select_option("P1")
    noor.get_by_label("addresses the root cause", exact=False).check()
    noor.locator("#select2-id_owner-container").click()
    noor.keyboard.type("jonas")
    noor.locator(".select2-results__option", has_text="Jonas").click()
    noor.get_by_role("button", name="Save", exact=True).click()
    expect(noor.locator("#actions").get_by_role("link", name="Give reindexing a limit")).to_be_visible()

    noor.get_by_role("link", name="Publish", exact=True).click()
    dialog = noor.get_by_role("dialog")
    expect(dialog.get_by_text("The review has not been held.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Publish")).to_have_count(0)
    noor.keyboard.press("Escape")
    noor.get_by_role("link", name="The review was held").click()
    dialog.get_by_role("button", name="The review was held").click()
    expect(noor.locator("#missing").get_by_text("Nothing is missing")).to_be_visible()
    noor.get_by_role("link", name="Publish", exact=True).click()
    dialog.get_by_role("button", name="Publish").click()
    expect(noor.locator(".io-stages .io-here")).to_have_text("Published")
    expect(noor.get_by_role("article").get_by_text("A reindex had the same priority as searches.")).to_be_visible()

    noor.locator("#actions").get_by_role("link", name="Give reindexing a limit").click()
    noor.get_by_role("link", name="Done", exact=True).click()
    noor.get_by_label("How can one see that it is done?").fill("Search kept its pace on Tuesday.")
    noor.get_by_role("button", name="Done", exact=True).click()
    noor.goto(where)
    expect(noor.locator(".io-stages .io-here")).to_have_text("Closed")


def test_without_script_it_is_saved_by_the_button(live: Live, browser: Browser) -> None:
    signed_in = new_page(browser, live.url, "admin")
    context = browser.new_context(
        base_url=live.url, java_script_enabled=False, storage_state=signed_in.context.storage_state()
    )
    page = context.new_page()
    page.goto(address(live, "draft"))
    page.locator("[name=lessons]").fill("Bounces are counted.")
    page.locator("[name=whys-0-text]").fill("Nobody counted them.")
    page.locator("[name=ask]").first.click()
    expect(page.locator("[name=whys-1-text]")).to_be_visible()
    expect(page.locator("[name=lessons]")).to_have_value("Bounces are counted.")
    page.locator("[name=lessons]").fill("Bounces are **counted**.")
    page.locator("[name=preview]").last.click()
    expect(page.locator("#lessons .io-pm-preview strong")).to_have_text("counted")
    page.locator("[name=save]").click()
    expect(page.locator("[name=lessons]")).to_have_value("Bounces are **counted**.")
    context.close()
    signed_in.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_bar_hides_no_field_that_has_the_focus(live: Live, width: int) -> None:
    page = live.judges["admin"].page
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    page.goto(address(live, "in_review"))
    page.locator("#id_title").focus()
    unseen, looked_at = [], 0
    for _ in range(90):
        page.keyboard.press("Tab")
        here = settled(page)
        if here is None:
            break
        looked_at += 1
        if not here["tiny"] and not (here["ring"] and here["seen"]):
            unseen.append(here["what"])
    assert looked_at > 60
    assert unseen == [], told(unseen)

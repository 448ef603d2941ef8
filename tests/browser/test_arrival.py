"""A newcomer's first minutes: start, fire the alert, be paged, answer from the phone, resolve in the console."""

import shlex
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import system
from tests.browser.conftest import new_page
from tests.browser.judge import Judge, told

pytestmark = pytest.mark.services

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "java_script_enabled": False}
TITLE = "12 % of requests fail"
SOON = 20_000  # ms; a page takes seconds, a busy machine a few more


def test_a_page_arrives_and_is_answered_on_the_phone(tmp_path: Path, browser: Browser, pictures: Path) -> None:
    with system.running(system.environ(tmp_path)) as running:
        password = running.wait_for_line(r"with the password (\S+)")[1]
        console = new_page(browser, running.url, "admin", password)
        judge = Judge(console, pictures, running.lines)
        expect_quiet(console)
        fire(running)
        expect(console.get_by_role("link", name=TITLE).first).to_be_visible(timeout=SOON)
        letter = newest_letter(console)
        console.get_by_role("link", name="Incidents", exact=True).click()
        console.get_by_role("link", name=TITLE).first.click()
        expect(console.get_by_text("Nobody has it yet")).to_be_visible()
        phone = browser.new_context(**PHONE).new_page()
        answer(phone, letter, pictures)
        expect(console.get_by_text("Who has it:")).to_be_visible(timeout=SOON)  # by itself: nobody reloads
        resolve(console)
        phone.reload()
        expect(phone.get_by_text("It is over. Nobody is paged any more.")).to_be_visible()
        assert judge.problems == [], told(judge.problems)
        assert running.said("Traceback|Not Found") is None
        phone.context.close()
        console.context.close()


def expect_quiet(console: Page) -> None:
    console.goto("/admin/")
    expect(console.get_by_text("All quiet")).to_be_visible()
    assert console.get_by_text(TITLE).count() == 0


def fire(running: system.System) -> None:
    """The command that stands last in the terminal, as it stands there."""
    command = running.wait_for_line(r"^\s+1\. (curl .*)$")[1]
    sent = subprocess.run(shlex.split(command), capture_output=True, text=True, check=True, timeout=20)
    assert '"accepted": 1' in sent.stdout or '"accepted":1' in sent.stdout, sent.stdout
    running.wait_for_line(TITLE, SOON / 1000)


def newest_letter(console: Page) -> str:
    """The address in the message that the demo's mailbox shows."""
    console.get_by_role("link", name="Mailbox").click()
    letter = console.locator("article", has_text=TITLE).filter(has=console.get_by_role("link", name="Open"))
    expect(letter.first).to_be_visible(timeout=SOON)
    links = [link.get_attribute("href") or "" for link in letter.get_by_role("link", name="Open").all()]
    return next(link for link in links if "/p/" in link)


def answer(phone: Page, link: str, pictures: Path) -> None:
    """In the hand, without any script; opening alone changes nothing."""
    assert phone.goto(link)
    expect(phone.get_by_role("heading", name=TITLE)).to_be_visible()
    phone.reload()
    button = phone.get_by_role("button", name="Acknowledge")
    box = button.bounding_box()
    assert box and box["height"] >= 56 and box["y"] + box["height"] <= PHONE["viewport"]["height"], box
    phone.screenshot(path=pictures / "arrival-phone.png")
    button.tap()
    expect(phone.get_by_text("You have it.")).to_be_visible()
    expect(button).to_have_count(0)


def resolve(console: Page) -> None:
    console.locator("#verb-resolve").click()
    dialog = console.get_by_role("dialog")
    dialog.get_by_role("button", name="Resolve").click()
    expect(console.get_by_text("resolved").first).to_be_visible(timeout=SOON)
    expect(console.locator("#verb-resolve")).to_have_count(0)

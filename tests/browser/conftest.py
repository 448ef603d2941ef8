"""One browser, and one system with a story in it, for all that is looked at here."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import past, system
from tests.browser.judge import LISTEN, Judge

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb"]


@dataclass
class Live:
    """A running system, what its story says, and a judge for each who looks."""

    url: str
    story: dict[str, Any]
    judges: dict[str, Judge]
    folder: Path


@pytest.fixture(scope="package")
def pictures() -> Path:
    folder = Path(os.environ.get("PICTURES") or system.ROOT / ".pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


# Of the package, not of the session: while Playwright's loop runs in this thread, Django's database refuses to work.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory, browser: Browser, pictures: Path) -> Iterator[Live]:
    """The story told, the web process in front of it, and a browser page for each who looks."""
    data = tmp_path_factory.mktemp("story")
    environment = system.environ(data)
    told = subprocess.run(
        [sys.executable, "-m", "tests.browser.story", str(data / "story.json")],
        cwd=system.ROOT,
        env={**environment, "LOG_LEVEL": "WARNING"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr
    with system.running(environment, "--only", "web") as running, pulse(environment):
        judges = {
            who: Judge(new_page(browser, running.url, who), pictures, running.lines) for who in ("", "admin", "maya")
        }
        yield Live(running.url, orjson.loads((data / "story.json").read_bytes()), judges, data)
        for judge in judges.values():
            judge.page.context.close()


@contextlib.contextmanager
def pulse(environment: dict[str, str]) -> Iterator[None]:
    """No engine runs beside the story, or it would go on; its light is green all the same."""
    beating = subprocess.Popen(
        [sys.executable, "-m", "tests.browser.pulse"], cwd=system.ROOT, env=environment, stdin=subprocess.PIPE
    )
    try:
        yield
    finally:
        beating.communicate(timeout=30)


def new_page(browser: Browser, url: str, who: str, password: str = past.PASSWORD, **more: Any) -> Page:
    """A page of a browser that nobody used before, signed in as `who`; `more` describes the device."""
    page = browser.new_context(base_url=url, **more).new_page()
    page.context.add_init_script(LISTEN)
    if who:
        sign_in(page, who, password)
    return page


def prove(page: Page, password: str = past.PASSWORD) -> None:
    """The console asks once more who it is; then it goes on where it was."""
    page.wait_for_url("**/account/reauthenticate/**")
    page.locator("[name=password]").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/account/reauthenticate/" not in url)


def sign_in(page: Page, who: str, password: str) -> None:
    page.goto("/admin/login/?next=/admin/my/")
    page.get_by_label("Username").fill(who)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"^[^?]*/admin/my/$"))

"""Scripts in every word that people and senders type: no page runs one, reports one, or links to one."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from playwright.sync_api import Browser

from tests.browser import system
from tests.browser.conftest import Live, new_page
from tests.browser.judge import Judge
from tests.browser.screens import every_screen
from tests.hostile.scripts import ADDRESSES, SCRIPTS

pytestmark = [pytest.mark.services, pytest.mark.thorough]
# Elements and attributes that none of our pages has, and the addresses that nothing may lead to.
STRANGERS = """
() => {
  const named = [...document.querySelectorAll("*")].flatMap((each) => [...each.attributes].map((one) => [each, one]));
  const bad = named.filter(([, one]) => /^on/i.test(one.name)
    || (/^(href|src|action|formaction|data|srcdoc|xlink:href)$/i.test(one.name)
        && /^[\\s\\x00-\\x1f]*(javascript|vbscript|data):/i.test(one.value)
        && !/^data:(image\\/png;|,$)/.test(one.value))
    || /evil\\.example|alert\\(/.test(one.name)
    || (/^(x-|@|:)/.test(one.name) && /alert\\(/.test(one.value)));
  const elements = [...document.querySelectorAll(
    "iframe, object, embed, base, marquee, math, portal, video, isindex, annotation-xml, meta[http-equiv=refresh]")];
  const inline = [...document.scripts].filter((each) => !each.src && !/json/.test(each.type));
  const scripts = inline.filter((each) => /alert\\(/.test(each.text));
  return [...bad.map(([each, one]) => `${one.name}=${one.value} on ${each.outerHTML.slice(0, 120)}`),
          ...[...elements, ...scripts].map((each) => each.outerHTML.slice(0, 200))];
}
"""
FIELDS = """
() => {
  const fields = [...document.querySelectorAll("input, textarea")].map((each) => each.value);
  return [document.body.textContent, ...fields].join(" ");
}
"""


@pytest.fixture(scope="module")
def defaced(tmp_path_factory: pytest.TempPathFactory, browser: Browser, pictures: Path) -> Iterator[Live]:
    """The story, then scripts in place of its words."""
    data = tmp_path_factory.mktemp("defaced")
    environment = system.environ(data)
    for module, *arguments in (("tests.browser.story", str(data / "story.json")), ("tests.browser.defaced",)):
        told = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=system.ROOT,
            env={**environment, "LOG_LEVEL": "WARNING"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stdout[-2000:] + told.stderr
    with system.running(environment, "--only", "web") as running:
        judges = {
            who: Judge(new_page(browser, running.url, who), pictures, running.lines) for who in ("", "admin", "maya")
        }
        yield Live(running.url, orjson.loads((data / "story.json").read_bytes()), judges, data)
        for judge in judges.values():
            judge.page.context.close()


def test_there_are_enough_scripts() -> None:
    assert len(set(SCRIPTS)) == len(SCRIPTS) >= 200
    assert len(set(ADDRESSES)) == len(ADDRESSES) >= 30


def test_no_page_runs_reports_or_links_to_what_was_typed(defaced: Live) -> None:
    dialogs: list[str] = []
    for judge in defaced.judges.values():
        judge.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        judge.page.set_viewport_size({"width": 1400, "height": 900})
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    for screen in every_screen():
        judge = defaced.judges[screen.who]
        judge.open(screen.address(defaced.story), screen.status)
        judge.page.wait_for_selector(screen.ready)
        problems = (
            judge.problems + judge.page.evaluate("() => window.__reports.splice(0)") + judge.page.evaluate(STRANGERS)
        )
        if problems:
            found[screen.name] = problems
        said = judge.page.evaluate(FIELDS)
        seen |= {script for script in SCRIPTS if script in said}
    assert found == {}
    assert dialogs == []
    assert len(seen) >= 200, "and they were on the pages"

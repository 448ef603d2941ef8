"""Nothing is covered or cut: fields by the bar with Save, words of a list on a phone by their row."""

import pytest

from tests.browser.conftest import Live
from tests.browser.judge import WIDTHS
from tests.browser.screens import every_screen

pytestmark = pytest.mark.services

FORMS = [screen for screen in every_screen() if screen.name.endswith(("-add", "-change"))]
LISTS = [screen for screen in every_screen() if screen.name.endswith("-list")]
BANNER = """
() => document.body.insertAdjacentHTML("afterbegin", `<div class="io-banner">${"<p>Not well.</p>".repeat(4)}</div>`)
"""
COVERED = """
(edited) => {
  const bar = document.querySelector("#submit-row");
  if (!bar) return null;
  const under = (each) => {
    const own = each.getBoundingClientRect(), over = bar.getBoundingClientRect();
    const end = each.matches("textarea") ? own.top + 24 : own.bottom;  // the browser shows the line one types into
    return end > over.top + 1 && own.top < over.bottom - 1;
  };
  const usable = (each) => !bar.contains(each) && each.checkVisibility() && each.type !== "hidden";
  const controls = document.querySelectorAll("#content form :is(input, select, textarea, a[href], button)");
  const fields = [...controls].filter(usable);
  const visited = edited ? [...fields, ...[...fields].reverse()] : fields;
  const found = visited.filter((each) => {
    if (edited) each.focus();
    return (!edited || document.activeElement === each) && under(each);
  });
  const place = (each) => `${each.id || each.name || each.textContent.trim()} ${each.getBoundingClientRect().top}`;
  return [...new Set(found.map(place))];
}
"""
# Cells whose words are higher or wider than the cell shows; a title may end after two lines.
CUT = """
() => [...document.querySelectorAll("#result_list :is(td, th)")]
  .filter((each) => each.offsetParent && !each.closest("thead"))
  .filter((each) => each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth + 1)
  .map((each) => `${each.dataset.label}: ${each.textContent.trim()}`)
"""
# As a person's typing does.
EDIT = """
() => {
  const field = document.querySelector(".warn-unsaved-form input:not([type=hidden], [type=checkbox], [type=radio])");
  field?.dispatchEvent(new InputEvent("input", { bubbles: true }));
  const bar = document.querySelector("#submit-row")?.getBoundingClientRect();
  return !field || !bar || bar.bottom <= window.innerHeight + 1;
}
"""


def test_the_bar_with_save_covers_no_field(live: Live) -> None:
    judge = live.judges["admin"]
    judge.page.set_viewport_size({"width": 1400, "height": 700})
    covered, looked_at = {}, 0
    for screen in FORMS:
        judge.open(screen.address(live.story), screen.status)
        judge.page.wait_for_selector(screen.ready)
        judge.page.evaluate(BANNER)
        at_rest = judge.page.evaluate(COVERED, False)
        assert judge.page.evaluate(EDIT), f"{screen.name}: there is something to save, and Save is out of sight"
        if found := [*(at_rest or []), *(judge.page.evaluate(COVERED, True) or [])]:
            covered[screen.name] = found
        looked_at += at_rest is not None
    assert covered == {}
    assert looked_at > 15


def test_no_list_on_a_phone_cuts_a_word(live: Live) -> None:
    judge = live.judges["admin"]
    judge.page.set_viewport_size({"width": 390, "height": WIDTHS[390]})
    cut = {}
    for screen in LISTS:
        judge.open(screen.address(live.story), screen.status)
        if found := judge.page.evaluate(CUT):
            cut[screen.name] = found
    assert cut == {}

"""What no screen may show: sideways scrolling, errors, reports of the Content-Security-Policy, serious axe findings."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import ConsoleMessage, Page, Response

WIDTHS = {1400: 900, 390: 844}
THEMES = ("light", "dark")
BAD = ("serious", "critical")
# (rule, part of the selector): findings inside somebody else's markup that neither CSS nor a template of ours can mend.
KNOWN = {
    ("nested-interactive", ".opblock-summary-control"): "Swagger UI puts each operation's link inside its own button.",
}

# Runs before the page's own scripts, and outside its policy.
LISTEN = """
window.__reports = [];
document.addEventListener("securitypolicyviolation", (event) => window.__reports.push(
  [event.effectiveDirective, event.blockedURI, event.sourceFile, event.sample].join(" ")));
"""
SETTLED = """
async () => {
  await document.fonts.ready;
  const ends = document.getAnimations().filter((each) => Number.isFinite(each.effect.getComputedTiming().endTime));
  const late = new Promise((then) => setTimeout(then, 1000));
  await Promise.race([Promise.allSettled(ends.map((each) => each.finished)), late]);
}
"""
# The console's theme has a class for it, our own pages ask the system.
WEAR = "(dark) => document.querySelector('[x-data*=theme]') && document.documentElement.classList.toggle('dark', dark)"
SIDEWAYS = """
() => {
  const far = document.scrollingElement.scrollWidth, wide = window.innerWidth;
  if (far <= wide) return "";
  const out = [...document.querySelectorAll("body *")].filter((each) => each.getBoundingClientRect().right > wide + 1);
  return `${far} px wide, because of ${out.slice(-3).map((each) => each.outerHTML.split(">")[0]).join(", ")}`;
}
"""
AXE = """
async ([within, rules]) => {
  const options = { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } };
  if (rules) options.runOnly = { type: "rule", values: rules };
  const answer = await axe.run(within || document, options);
  return answer.violations.flatMap((each) => each.nodes.map((node) => ({
    rule: each.id, impact: node.impact || each.impact, target: node.target.flat(9).join(" "),
    html: node.html.slice(0, 300), why: (node.failureSummary || "").replace(/\\s+/g, " ").slice(0, 300),
  })));
}
"""


@dataclass
class Judge:
    """Watches one browser page; `problems` are sentences."""

    page: Page
    pictures: Path
    said: list[str] = field(default_factory=list)  # the system's lines in its terminal
    expected: int = 200  # status of the document itself
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("response", self._response)

    def open(self, url: str, status: int = 200) -> None:
        """Raises AssertionError where another status is answered."""
        self.expected, self.problems = status, []
        answer = self.page.goto(url, wait_until="load")
        found = answer and answer.status
        assert found == status, "\n".join([f"{url}: {found}", *self.said[-25:]])

    def look(self, name: str, width: int, within: str = "") -> list[str]:
        """Both themes as the page stands; what is wrong with it, or with the part `within` it that the window shows.

        The pictures are kept under `name`.
        """
        for theme in THEMES:
            self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            self.page.evaluate(WEAR, theme == "dark")
            self.page.evaluate(SETTLED)
            self.page.screenshot(path=self.pictures / f"{name}-{width}-{theme}.png", full_page=not within)
            if sideways := self.page.evaluate(SIDEWAYS):
                self.problems.append(f"scrolls sideways: {sideways}")
            self.problems += self._axe(theme, within)
        reports = self.page.evaluate("() => window.__reports.splice(0)")
        self.problems += [f"content security policy: {report}" for report in reports]
        problems = list(dict.fromkeys(self.problems))
        findings = self.pictures / f"{name}-{width}.txt"
        findings.write_text("\n".join(problems)) if problems else findings.unlink(missing_ok=True)
        return problems

    def _axe(self, theme: str, within: str) -> Iterator[str]:
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
        colours = ["color-contrast", "link-in-text-block"]
        for found in self.page.evaluate(AXE, [within, None if theme == THEMES[0] else colours]):
            if found["impact"] in BAD and not _known(found):
                yield f"{theme}: {found['impact']} {found['rule']} at {found['target']}: {found['why']} {found['html']}"

    def _console(self, message: ConsoleMessage) -> None:
        expected = self.expected >= 400 and f"status of {self.expected}" in message.text
        if message.type == "error" and not expected:
            self.problems.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status != self.expected:
            self.problems.append(f"{response.status} for {response.url}")
        if urlsplit(response.url).hostname not in ("127.0.0.1", "localhost", None, ""):
            self.problems.append(f"asks somebody else: {response.url}")


def _known(found: dict[str, Any]) -> bool:
    return any(found["rule"] == rule and part in found["target"] for rule, part in KNOWN)


def told(problems: list[str]) -> str:
    """For the assertion's message."""
    return json.dumps(problems, indent=1, ensure_ascii=False)

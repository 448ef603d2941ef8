"""A walk past every door with secrets in hand: none is in a log of any process, or in a mail that is not its own."""

import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests.browser import leaks, past, system
from tests.browser.conftest import Live, new_page, prove, sign_in
from tests.browser.screens import every_screen
from tests.oncall.provider import serving
from tests.services.running import LOOPBACK, free_port

pytestmark = pytest.mark.services

MAIL, FALLBACK, BEATING, PAGER = (f"canary-{word}-4b1d7c9e" for word in ("mail", "fallback", "heartbeat", "pager"))
WRONG, NEWER = "canary wrong password", "canary newer password"
KEYS = {
    "generic": "demo-checkout-generic-key-0001",
    "alertmanager": "demo-search-alertmanager-key-0001",
    "pagerduty": "demo0payments0events0routing0key",
    "heartbeat": "demo-order-mails-heartbeat-key-0001",
}
SOON = 30.0
TOUR = re.compile(r"^\s+\d\. curl ")  # the demo's first steps, with the demo's own key


@dataclass
class Walk:
    """What is walked through, and each secret that was learned on the way, by name."""

    running: system.System
    page: Page
    mailbox: leaks.Mailbox
    story: dict[str, Any]
    provider: Any
    secrets: dict[str, str] = field(default_factory=dict)
    code: str = ""  # six digits are somewhere by chance: sought beside the word

    def learn(self, **more: str | None) -> None:
        self.secrets |= {name: secret for name, secret in more.items() if secret}

    def post(self, path: str, **more: Any) -> int:
        return requests.post(self.running.url + path, timeout=10, **more).status_code


@pytest.fixture(scope="module")
def walk(live: Live, tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Walk]:
    """All processes over a copy of the story; mail, a provider that refuses, and a heartbeat's ear of our own."""
    data, mailbox, port = copied(live.folder, tmp_path_factory.mktemp("leaks")), leaks.Mailbox(), free_port()
    mails = Controller(
        mailbox,
        hostname=LOOPBACK,
        port=port,
        authenticator=lambda *given: AuthResult(success=given[-1].password == MAIL.encode()),
        auth_require_tls=False,
        auth_required=True,
    )
    mails.start()
    with serving() as provider:
        provider.status = 500
        environment = system.environ(
            data,
            EMAIL_URL=f"smtp://mailer:{MAIL}@{LOOPBACK}:{port}",
            FALLBACK_CHANNEL_URL=f"json://ops:{FALLBACK}@{LOOPBACK}:{provider.port}/x",
            HEARTBEAT_URL=f"http://{LOOPBACK}:{provider.port}/{BEATING}",
            OUTBOUND_ALLOW=LOOPBACK,
        )
        with system.running(environment) as running:
            page = new_page(browser, running.url, "")
            made = Walk(running, page, mailbox, live.story, provider)
            made.learn(secret_key=(data / "secret_key").read_text().strip())
            yield made
            page.context.close()
    mails.stop()


def copied(story: Path, folder: Path) -> Path:
    """The story goes on under the engine, so in a copy, with the secret that its links were made with."""
    shutil.copy(story / "secret_key", folder)
    database = "incidentops.sqlite3"
    with closing(sqlite3.connect(story / database)) as told, closing(sqlite3.connect(folder / database)) as copy:
        told.backup(copy)
    return folder


def enter(walk: Walk) -> None:
    page = walk.page
    page.goto("/admin/login/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(WRONG)
    page.keyboard.press("Enter")
    expect(page.get_by_text("do not belong together")).to_be_visible()
    sign_in(page, "admin", past.PASSWORD)
    walk.learn(typed=past.PASSWORD, wrong=WRONG)
    walk.learn(**cookies(page))


def cookies(page: Page) -> dict[str, str]:
    kept = {cookie.get("name", ""): cookie.get("value", "") for cookie in page.context.cookies()}
    return {name: kept[name] for name in ("sessionid", "csrftoken")}


def see_every_screen(walk: Walk) -> None:
    for screen in every_screen():
        answer = walk.page.request.get(screen.address(walk.story), max_redirects=3)
        assert answer.status < 500, screen.name


def send(walk: Walk) -> None:
    """Each sender: well, with a body that is none, and with a key that is none but looks like one."""
    for format_, key in KEYS.items():
        walk.learn(**{f"key of {format_}": key, f"no key of {format_}": f"x{key}"})
        for each in (key, f"x{key}"):
            for path in (f"/api/v1/ingest/{format_}/{each}/", f"/api/v1/ingest/{format_}/"):
                for body in (b"{", b'{"summary": "A disk is full", "severity": "critical", "dedup_key": "leak"}'):
                    walk.post(path, data=body, headers={"Authorization": f"Token {each}"})
    event = {"routing_key": KEYS["pagerduty"], "event_action": "explode", "payload": {}}
    assert walk.post("/v2/enqueue", json=event) == 400
    assert walk.post("/v2/enqueue", json={**event, "routing_key": f"x{KEYS['pagerduty']}"}) == 400


def open_doors(walk: Walk) -> None:
    """Pages on phones and links of mails, opened, pressed, and altered."""
    walk.learn(link=walk.story["link"].rstrip("/").rsplit("/", 1)[1])
    for name, link in walk.story["phone"].items():
        path = "/" + link.split("/", 3)[3]
        walk.learn(**{f"page {name}": path.strip("/").split("/")[1]})
        for address in (path, path[:-2] + "/", path + "nothing", path + "?said=ack"):
            requests.get(walk.running.url + address, timeout=10)
        for act in ("note", "nothing"):
            walk.post(path, data={"act": act, "text": "Looking."})
    requests.get(walk.story["link"].replace("http://127.0.0.1:8000", walk.running.url), timeout=10)


def make_tokens(walk: Walk) -> None:
    page = walk.page
    page.goto("/admin/my/")
    page.get_by_text("Make a token").click()
    page.locator("#token_name").fill("leaks")
    page.get_by_role("button", name="Make it").click()
    token = page.locator(".io-note .io-mono").inner_text()
    walk.learn(token=token, wrong_token=f"{token}x")
    for each in (token, f"{token}x"):
        for method in ("GET", "POST"):
            requests.request(
                method, f"{walk.running.url}/api/v1/tokens/", headers={"Authorization": f"Bearer {each}"}, timeout=10
            )


def add_addresses(walk: Walk) -> None:
    """One with a password in it whose server fails, and one whose code comes by mail: tried wrongly, then rightly."""
    walk.learn(pager=PAGER)
    add_method(walk.page, "json", "apprise", f"json://pager:{PAGER}@{LOOPBACK}:{walk.provider.port}/x")
    add_method(walk.page, "second", "email", "second@example.org")
    wait(lambda: walk.mailbox.to("second@example.org", "code"), "the code's mail")
    [text] = walk.mailbox.to("second@example.org", "code")
    walk.code = re.findall(r"code: (\d{6})", text)[0]
    for tried in ("000000" if walk.code != "000000" else "111111", walk.code):
        form = walk.page.locator("form", has=walk.page.get_by_label("Code")).last
        form.get_by_label("Code").fill(tried)
        form.get_by_role("button", name="Confirm").click()
    expect(walk.page.get_by_text("is verified").first).to_be_visible()


def add_method(page: Page, slug: str, kind: str, address: str) -> None:
    page.goto("/admin/my/")
    page.get_by_text("Add a contact method").click()
    page.locator("#method_slug").fill(slug)
    page.locator("#method_kind").select_option(kind)
    page.locator("#method_address").fill(address)
    page.get_by_role("button", name="Add and send code").click()
    if slug == "json":  # the first thing that asks for it; the answer holds for five minutes
        prove(page)
    expect(page.get_by_text("A code is on its way").first).to_be_visible()


def change_locks(walk: Walk) -> None:
    """A new key and a signing secret for a sender, second factors, recovery codes, a new password."""
    page, row = walk.page, [walk.story["rows"]["incidents.integration"]]
    for deed, press in (("rotate", "Make a new key"), ("sign", "Make a secret and take signed bodies only")):
        page.goto(reverse(f"admin:incidents_integration_{deed}", args=row))
        page.get_by_role("button", name=press).click()
        walk.learn(**{deed: page.locator("[role=status] code").first.inner_text()})
    page.goto("/account/security/totp/activate/")
    walk.learn(totp=page.locator("#authenticator_secret").input_value())
    page.get_by_label("Authenticator code").fill("000000")
    page.get_by_role("button", name="Activate").click()
    page.goto("/account/password/")
    for name, value in (("oldpassword", past.PASSWORD), ("password1", NEWER), ("password2", NEWER)):
        page.locator(f"[name={name}]").fill(value)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/security/")
    walk.learn(newer=NEWER)
    walk.learn(**{f"later {name}": value for name, value in cookies(page).items()})


def wait(done: Callable[[], Any], what: str) -> None:
    end = time.monotonic() + SOON
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def test_no_secret_is_in_a_log_or_in_somebody_elses_mail(walk: Walk) -> None:
    walk.learn(mail=MAIL, fallback=FALLBACK, heartbeat=BEATING)
    for step in (enter, see_every_screen, send, open_doors, make_tokens, add_addresses, change_locks):
        step(walk)
    wait(lambda: walk.mailbox.to("admin@example.org", "password"), "the mail of the new password")
    walk.page.goto("/account/logout/")
    walk.learn(canary=(Path(walk.running.environ["DATA_DIR"]) / "canary-key").read_text().strip())
    lines = [line for line in walk.running.lines if not TOUR.match(line)]
    assert any("/p/…" in line for line in lines), "what is heard is the log"
    assert len(walk.secrets) > 25
    assert leaks.found(walk.secrets, lines) == []
    assert [line for line in lines if "code" in line and walk.code in line] == []
    theirs = {"link", *(name for name in walk.secrets if name.startswith("page "))}
    nobodys = {name: secret for name, secret in walk.secrets.items() if name not in theirs}
    assert len(walk.mailbox.mails) > 3
    assert leaks.found(nobodys, [leaks.text_of(mail) for _whom, mail in walk.mailbox.mails]) == []
    assert leaks.shared_doors(walk.mailbox) == []


def test_a_planted_secret_is_found() -> None:
    secrets = {"canary": "hush hush canary+1"}
    for line in ("x hush hush canary+1 y", "?q=hush%20hush%20canary%2B1&", "Basic aHVzaCBodXNoIGNhbmFyeSsx", "quiet"):
        assert bool(leaks.found(secrets, [line])) == (line != "quiet")

"""Second factors as people meet them: a passkey made and used, an app's codes, and the help where one was lost."""

import re
from collections.abc import Iterator

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.urls import reverse
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.browser.conftest import Live, new_page, prove, sign_in
from tests.browser.judge import WIDTHS, Judge, told
from tests.browser.past import PASSWORD

pytestmark = pytest.mark.services

MINE = re.compile(r"^[^?]*/admin/my/$")
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def judge(live: Live, browser: Browser) -> Iterator[Judge]:
    """A browser of Jonas's own; browsers know passkeys on a named host only."""
    pictures = live.judges[""].pictures
    watched = Judge(new_page(browser, live.url.replace("127.0.0.1", "localhost"), ""), pictures)
    yield watched
    watched.page.context.close()


def leave(page: Page) -> None:
    page.goto("/account/logout/")
    page.locator("#content form[action='/account/logout/'] button").click()
    page.wait_for_url("**/admin/login/**")


def hold_a_key(page: Page) -> tuple[CDPSession, str]:
    """A key that says yes to whatever it is asked; its number in the browser."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    return tools, tools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"]


def ask_with_the_key(page: Page) -> None:
    page.goto("/admin/login/?next=/admin/my/")
    page.get_by_role("button", name="Sign in with a passkey").click()


def test_a_passkey_is_made_and_opens_the_console(judge: Judge) -> None:
    page = judge.page
    tools, key = hold_a_key(page)
    sign_in(page, "jonas", PASSWORD)
    page.goto("/account/security/keys/add/")
    prove(page)
    page.locator("#id_name").fill("Laptop")
    page.locator("#id_passwordless").check()
    problems = judge.look("passkey-add", 1400)
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(lambda url: not url.endswith("/add/"))
    page.goto("/account/security/keys/")
    expect(page.get_by_text("Laptop")).to_be_visible()
    [credential] = tools.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]
    assert credential["isResidentCredential"]
    leave(page)
    ask_with_the_key(page)
    page.wait_for_url(MINE)
    expect(page.get_by_role("heading", name="My on-call").first).to_be_visible()
    assert problems == judge.problems == [], told(judge.problems)
    leave(page)
    refuse(judge, tools, key)


def refuse(judge: Judge, tools: CDPSession, key: str) -> None:
    """A key that does not know its holder opens nothing, and the page says so."""
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    ask_with_the_key(judge.page)
    expect(judge.page.locator("[data-sign-in-error]")).to_be_visible()
    assert "/admin/login/" in judge.page.url


def code(secret: str, ahead: int = 0) -> str:
    """The app's code now, or so many half minutes ahead."""
    counter = next(iter(yield_hotp_counters_from_time())) + ahead
    return format_hotp_value(hotp_value(secret, counter))


def test_an_apps_code_is_asked_for_and_a_lost_app_is_forgotten(judge: Judge, live: Live, browser: Browser) -> None:
    page = judge.page
    sign_in(page, "maya", PASSWORD)
    page.goto("/account/security/totp/activate/")
    prove(page)
    problems = judge.look("totp-activate", 1400)
    secret = page.locator("#authenticator_secret").input_value()
    page.get_by_label("Authenticator code").fill(code(secret))
    page.get_by_role("button", name="Activate").click()
    page.wait_for_url(lambda url: not url.endswith("/activate/"))
    leave(page)
    asked(page, "maya")
    problems += judge.look("totp-asked", 390)
    for typed, right in (("000000", False), (code(secret, 1), True)):  # each code opens once, so the next one
        page.locator("[name=code]").fill(typed)
        page.keyboard.press("Enter")
        if not right:
            expect(page.get_by_text("Incorrect code.")).to_be_visible()
    page.wait_for_url(MINE)
    assert problems == judge.problems == [], told(judge.problems)
    leave(page)
    forget("maya", live, browser)
    sign_in(page, "maya", PASSWORD)


def asked(page: Page, who: str) -> None:
    """The password alone leads to the question for a code, and no further."""
    page.goto("/admin/login/?next=/admin/my/")
    page.get_by_label("Username").fill(who)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/security/authenticate/**")
    assert page.request.get("/admin/my/", max_redirects=0).status == 302


def forget(who: str, live: Live, browser: Browser) -> None:
    """An administrator removes the factors, on the person's page."""
    page = new_page(browser, live.url, "admin")
    page.set_viewport_size({"width": 1400, "height": WIDTHS[1400]})
    page.goto(f"/admin/oncall/user/?q={who}")
    link = page.locator("#result_list tbody a[href*='/change/']").first.get_attribute("href") or ""
    page.goto(reverse("admin:oncall_user_forget_factors", args=[link.split("/")[4]]))
    page.get_by_role("button", name="Remove every second factor").click()
    prove(page)
    expect(page.get_by_text("signs in with the password alone now")).to_be_visible()
    page.context.close()

"""A passkey of a real browser, its authenticator a virtual one: added in the console, then it signs in alone."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import past
from tests.browser.conftest import Live, new_page

pytestmark = pytest.mark.services

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_added_and_signs_in_without_a_password(live: Live, browser: Browser) -> None:
    port = urlsplit(live.url).port
    page = new_page(browser, f"http://localhost:{port}", "jonas", past.PASSWORD)  # browsers want a name
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    made = device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    page.goto("/account/security/keys/add/")
    page.get_by_label(re.compile("passwordless", re.I)).check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(lambda url: "/keys/add/" not in url)
    kept = device.send("WebAuthn.getCredentials", {"authenticatorId": made["authenticatorId"]})
    assert len(kept["credentials"]) == 1

    page.context.clear_cookies()
    page.goto("/admin/login/?next=/admin/my/")
    page.locator("#passkey_login").click()
    page.wait_for_url(re.compile(r"/admin/my/$"))
    expect(page.get_by_text("Jonas").first).to_be_visible()
    reports = page.evaluate("() => window.__reports")
    assert (problems, reports) == ([], [])
    page.context.close()

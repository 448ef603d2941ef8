"""An action item done from the mail that asked for it, on a telephone, by somebody who is not signed in."""

from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Live, new_page

pytestmark = pytest.mark.services


def test_from_the_mails_link_to_the_boards_last_column(live: Live, browser: Browser) -> None:
    path = urlsplit(live.story["done"]["link"]).path
    phone = new_page(browser, live.url, "", viewport={"width": 390, "height": 760}, java_script_enabled=False)
    phone.goto(path)
    phone.goto(path)  # a look more changes nothing
    expect(phone.get_by_role("heading", name="Is it done?")).to_be_visible()
    phone.get_by_label("How can one see it?").fill("https://git.example.org/payments/merge/412")
    phone.get_by_role("button", name="Mark as done").click()
    expect(phone.get_by_role("heading", name="Done. Thank you.")).to_be_visible()
    phone.goto(path)
    expect(phone.get_by_role("heading", name="It is done already")).to_be_visible()
    expect(phone.get_by_role("button")).to_have_count(0)
    phone.context.close()
    console = live.judges["admin"].page
    console.goto(reverse("admin:postmortems_actionitem_board"))
    expect(console.locator(".io-board-done").get_by_text(live.story["done"]["words"]).first).to_be_visible()

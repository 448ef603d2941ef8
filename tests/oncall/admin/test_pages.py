"""Pages and notifications: what was sent, what will be, and only for who may see it; the demo's mailbox."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from oncall import contacts, paging
from oncall.engine import dispatch, escalate
from oncall.models import Notification, Page, User
from oncall.paging import Actor, PageContent, PageRequest
from tests import cast

SCREEN_LIMIT = 25


def page_about(company: cast.Platform, now: datetime, subject: str = "x:1", **more: object) -> Page:
    content = PageContent("Checkout is down", "SEV-1", 1, "high", "Checkout", now, **more)  # type: ignore[arg-type]
    return paging.open_page(PageRequest(subject, content, company.policy.pk, now), now)


@pytest.fixture
def sent(company: cast.Platform) -> Page:
    """A page whose first step was done."""
    now = timezone.now()
    page = page_about(company, now)
    escalate.run(now)
    dispatch.run(now)
    return page


def address_of(page: Page) -> str:
    return reverse("admin:oncall_page_change", args=[page.pk])


def test_a_page_shows_what_was_sent_and_what_will_be(sent: Page, signed_in: Callable[..., Client], boss: User) -> None:
    answer = signed_in(boss).get(address_of(sent))
    text = answer.content.decode()
    assert [planned.names for planned in answer.context_data["future"]] == [("Bo",), ("Dee",), ()]
    assert "Ana (ana@example.org)" in text
    assert "step 1, round 1" in text


def test_an_acknowledged_page_has_no_future(
    sent: Page, company: cast.Platform, signed_in: Callable[..., Client], boss: User
) -> None:
    paging.acknowledge("x:1", Actor(company.ana, "Ana", "phone"), timezone.now())
    answer = signed_in(boss).get(address_of(sent))
    assert answer.context_data["future"] == []
    assert "somebody has it" in answer.content.decode()


def test_the_page_screen_costs_a_bounded_number_of_queries(
    sent: Page, company: cast.Platform, signed_in: Callable[..., Client]
) -> None:
    client = signed_in(company.cy, "Viewer")
    client.get(address_of(sent))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address_of(sent)).status_code == 200
    assert len(queries) <= SCREEN_LIMIT


def test_a_private_page_is_seen_by_its_audience_only(company: cast.Platform, signed_in: Callable[..., Client]) -> None:
    now = timezone.now()
    page = page_about(company, now, private=True, audience=frozenset({company.ana.pk}))
    escalate.run(now)
    listed, notes = reverse("admin:oncall_page_changelist"), reverse("admin:oncall_notification_changelist")
    outsider, insider = signed_in(company.cy, "Viewer"), signed_in(company.ana, "Viewer")
    assert "Checkout is down" not in outsider.get(listed).content.decode()
    assert "Checkout is down" not in outsider.get(notes).content.decode()
    assert outsider.get(address_of(page)).status_code == 404
    assert "Checkout is down" in insider.get(listed).content.decode()
    assert insider.get(address_of(page)).status_code == 200
    security = signed_in(company.dee, "Security")
    assert "Checkout is down" in security.get(listed).content.decode()


def test_a_page_cannot_be_posted_to(sent: Page, signed_in: Callable[..., Client], boss: User) -> None:
    before = Page.objects.filter(pk=sent.pk).values().get()
    signed_in(boss).post(address_of(sent), {"state": "resolved"})
    assert Page.objects.filter(pk=sent.pk).values().get() == before


def test_addresses_of_notifications_are_masked(
    company: cast.Platform, signed_in: Callable[..., Client], boss: User
) -> None:
    secret = "ntfys://ntfy.sh/ana-pages-4821"
    cast.rule(company.ana, cast.contact(company.ana, "push", secret))
    now = timezone.now()
    page_about(company, now)
    escalate.run(now)
    client = signed_in(boss)
    note = Notification.objects.get(address=secret)
    for address in (
        reverse("admin:oncall_notification_change", args=[note.pk]),
        reverse("admin:oncall_notification_changelist"),
        address_of(Page.objects.get()),
    ):
        text = client.get(address).content.decode()
        assert "ana-pages" not in text
        assert "ntfys://" in text


def test_codes_are_not_shown_in_the_log(company: cast.Platform, signed_in: Callable[..., Client], boss: User) -> None:
    method = cast.contact(company.ana, "two", "two@example.org", kind="email", verified=False)
    contacts.start_verification(method, timezone.now())
    note = Notification.objects.get(kind="code")
    client = signed_in(boss)
    code = note.title[-6:]
    assert code not in client.get(reverse("admin:oncall_notification_changelist")).content.decode()
    assert code not in client.get(reverse("admin:oncall_notification_change", args=[note.pk])).content.decode()


def test_markup_in_a_title_stays_text(company: cast.Platform, signed_in: Callable[..., Client], boss: User) -> None:
    now = timezone.now()
    content = PageContent("<script>alert(1)</script>", "SEV-1", 1, "high", "<b>x</b>", now)
    page = paging.open_page(PageRequest("x:9", content, company.policy.pk, now), now)
    client = signed_in(boss)
    for address in (address_of(page), reverse("admin:oncall_page_changelist")):
        assert "<script>alert" not in client.get(address).content.decode()


@pytest.fixture
def demo(settings: Any) -> Any:
    settings.CONSOLE_TRANSPORT = True
    return settings


def test_the_mailbox_shows_each_message_with_its_link(
    demo: Any, company: cast.Platform, signed_in: Callable[..., Client]
) -> None:
    now = timezone.now()
    page_about(company, now)
    escalate.run(now)
    dispatch.run(now)
    mailbox = reverse("admin:oncall_mailbox")
    seen = {person: signed_in(person, "Viewer").get(mailbox).content.decode() for person in (company.ana, company.cy)}
    assert all("[SEV-1] Checkout: Checkout is down" in text for text in seen.values())
    assert "/p/" in seen[company.ana]
    assert "/p/" not in seen[company.cy], "whoever opens it acts as Ana"


def test_the_mailbox_keeps_codes_and_private_pages_from_others(
    demo: Any, company: cast.Platform, signed_in: Callable[..., Client], boss: User
) -> None:
    now = timezone.now()
    method = cast.contact(company.ana, "two", "two@example.org", kind="email", verified=False)
    contacts.start_verification(method, now)
    page_about(company, now, private=True, audience=frozenset({company.ana.pk}))
    escalate.run(now)
    dispatch.run(now + timedelta(seconds=1))
    mailbox = reverse("admin:oncall_mailbox")
    others = signed_in(company.cy, "Viewer").get(mailbox).content.decode()
    assert "Your code" not in others
    assert "Checkout is down" not in others
    mine = signed_in(company.ana, "Viewer").get(mailbox).content.decode()
    assert "Your code" in mine
    assert "Checkout is down" in mine
    assert "Your code" in signed_in(boss).get(mailbox).content.decode()


def test_without_the_demos_transport_the_mailbox_is_for_superusers(
    settings: Any, company: cast.Platform, signed_in: Callable[..., Client], boss: User
) -> None:
    settings.CONSOLE_TRANSPORT = False
    assert signed_in(company.zoe, "Manager").get(reverse("admin:oncall_mailbox")).status_code == 403
    assert signed_in(boss).get(reverse("admin:oncall_mailbox")).status_code == 200


def test_the_mailbox_refreshes_a_region_and_not_the_page(
    demo: Any, company: cast.Platform, signed_in: Callable[..., Client]
) -> None:
    text = signed_in(company.cy).get(reverse("admin:oncall_mailbox")).content.decode()
    assert 'id="letters" data-refresh="4"' in text
    assert "http-equiv" not in text

"""My on-call: addresses confirmed by code, rules, tokens shown once; nobody else's."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oncall import keys
from oncall.models import ApiToken, ContactMethod, Notification, NotificationRule
from tests import cast

MINE = "/admin/my/"


@pytest.fixture
def client(company: cast.Platform, signed_in: Callable[..., Client]) -> Client:
    return signed_in(company.ana)


def act(client: Client, what: str, **values: object) -> str:
    """What the page says afterwards."""
    return client.post(reverse("admin:oncall_mine_act", args=[what]), values, follow=True).content.decode()


def code_sent() -> str:
    found = re.search(r"\d{6}", Notification.objects.filter(kind="code").latest("id").text)
    assert found
    return found[0]


def test_my_shifts_are_shown_with_my_zone_and_utc(company: cast.Platform, client: Client) -> None:
    page = client.get(MINE).content.decode()
    assert "Platform · primary" in page
    assert re.search(r"\d\d:\d\d WES?T <span class=\"io-utc\">\([\w :]+UTC\)", page)


def test_a_new_address_counts_once_its_code_came_back(company: cast.Platform, client: Client) -> None:
    act(client, "add-method", slug="second", kind="email", address="ana.two@example.org")
    method = company.ana.contact_methods.get(slug="second")
    assert method.verified_at is None
    assert "not the code" in act(client, "confirm", id=method.pk, code="000000x")
    assert "is verified" in act(client, "confirm", id=method.pk, code=code_sent())
    method.refresh_from_db()
    assert method.verified_at is not None
    assert method.rules.filter(urgency="high").exists()


def test_sending_codes_without_end_is_refused(company: cast.Platform, client: Client) -> None:
    method = cast.contact(company.ana, "second", "ana.two@example.org", kind="email", verified=False)
    said = [act(client, "send-code", id=method.pk) for _ in range(6)]
    assert "try again later" in said[-1]
    assert Notification.objects.filter(kind="code").count() == 5


def test_my_pager_is_tested_at_a_verified_address_only(company: cast.Platform, client: Client) -> None:
    loose = cast.contact(company.ana, "loose", "x@example.org", kind="email", verified=False)
    assert "not verified" in act(client, "test", id=loose.pk)
    assert "on its way" in act(client, "test", id=company.ana.contact_methods.get(slug="mail").pk)
    sent = Notification.objects.get(kind="test")
    assert (sent.person, sent.address) == (company.ana, "ana@example.org")


def test_testing_without_end_is_refused(company: cast.Platform, client: Client) -> None:
    method = company.ana.contact_methods.get()
    for _ in range(12):
        act(client, "test", id=method.pk)
    assert Notification.objects.filter(kind="test").count() == 10


def test_a_forbidden_address_is_refused_with_its_reason(company: cast.Platform, client: Client) -> None:
    page = act(client, "add-method", slug="hook", kind="apprise", address="json://127.0.0.1/x")
    assert "OUTBOUND_ALLOW" in page
    assert not company.ana.contact_methods.filter(slug="hook").exists()


@pytest.mark.parametrize("what", ["send-code", "confirm", "test", "remove-method"])
def test_somebody_elses_address_is_out_of_reach(company: cast.Platform, client: Client, what: str) -> None:
    method = company.bo.contact_methods.get()
    answer = client.post(reverse("admin:oncall_mine_act", args=[what]), {"id": method.pk, "code": "1"})
    assert answer.status_code == 404
    assert ContactMethod.objects.filter(pk=method.pk).exists()
    assert not Notification.objects.exists()


def test_rules_are_added_and_removed(company: cast.Platform, client: Client) -> None:
    method = company.ana.contact_methods.get()
    act(client, "add-rule", urgency="high", contact_method=method.pk, delay_minutes=5)
    rule = NotificationRule.objects.get(user=company.ana, delay_minutes=5)
    assert "already" in act(client, "add-rule", urgency="high", contact_method=method.pk, delay_minutes=5)
    act(client, "remove-rule", id=rule.pk)
    assert not NotificationRule.objects.filter(pk=rule.pk).exists()


def test_a_rule_for_somebody_elses_address_is_refused(company: cast.Platform, client: Client) -> None:
    other = company.bo.contact_methods.get()
    act(client, "add-rule", urgency="high", contact_method=other.pk, delay_minutes=5)
    assert not NotificationRule.objects.filter(delay_minutes=5).exists()


def test_a_token_is_shown_once_and_revoked_by_a_click(company: cast.Platform, client: Client) -> None:
    answer = client.post(reverse("admin:oncall_mine_act", args=["add-token"]), {"name": "cli", "scope": "write"})
    token = re.search(r"iop_\w{40}", answer.content.decode())
    assert token
    assert "no-store" in answer["Cache-Control"]
    assert keys.find_api_token(token[0], timezone.now()) is not None
    assert token[0] not in client.get(MINE).content.decode()
    act(client, "revoke-token", id=ApiToken.objects.get().pk)
    assert keys.find_api_token(token[0], timezone.now()) is None


def test_my_details_cannot_carry_rights(company: cast.Platform, client: Client) -> None:
    act(client, "details", name="Ana D.", timezone="Asia/Tokyo", is_superuser="on", username="root")
    company.ana.refresh_from_db()
    assert (company.ana.name, company.ana.timezone) == ("Ana D.", "Asia/Tokyo")
    assert (company.ana.username, company.ana.is_superuser) == ("ana", False)


def test_a_zone_that_does_not_exist_is_an_error_of_the_form(company: cast.Platform, client: Client) -> None:
    assert "not a time zone" in act(client, "details", name="Ana", timezone="Mars/Base")


def test_nothing_happens_on_get_and_unknown_buttons_are_not_found(company: cast.Platform, client: Client) -> None:
    method = company.ana.contact_methods.get()
    address = reverse("admin:oncall_mine_act", args=["remove-method"])
    assert client.get(address, {"id": method.pk}).status_code == 302
    assert ContactMethod.objects.filter(pk=method.pk).exists()
    assert client.post(reverse("admin:oncall_mine_act", args=["nothing"])).status_code == 404
    assert client.post(address, {"id": "1; drop"}).status_code == 404


def test_who_cannot_be_paged_is_told(company: cast.Platform, client: Client) -> None:
    assert "You cannot be paged" not in client.get(MINE).content.decode()
    ContactMethod.objects.filter(user=company.ana).update(verified_at=None)
    assert "You cannot be paged" in client.get(MINE).content.decode()

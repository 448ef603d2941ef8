"""Where somebody is paged is changed only by who they are, and the old address hears of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from oncall.models import ContactMethod, Notification, User
from tests import cast

PASSWORD = "correct horse battery"
ADD = {"slug": "second", "kind": "email", "address": "thief@example.org"}


def act(client: Client, what: str, **values: object) -> Any:
    return client.post(reverse("admin:oncall_mine_act", args=[what]), values)


def told() -> list[str]:
    return list(Notification.objects.filter(kind="account").order_by("id").values_list("address", flat=True))


@pytest.fixture
def unproven(company: cast.Platform) -> Client:
    """A session that somebody left open."""
    company.ana.set_password(PASSWORD)
    company.ana.save()
    client = Client()
    client.force_login(company.ana)
    return client


@pytest.mark.parametrize("what", ["add-method", "remove-method"])
def test_a_change_asks_the_password_first(company: cast.Platform, unproven: Client, what: str) -> None:
    before = list(ContactMethod.objects.values_list("pk", "address"))
    answer = act(unproven, what, id=company.ana.contact_methods.get().pk, **ADD)
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert "Enter your password" in unproven.get(answer["Location"]).content.decode()
    assert unproven.post(answer["Location"], {"password": "wrong"}).status_code == 200
    assert list(ContactMethod.objects.values_list("pk", "address")) == before
    assert told() == []


def test_after_the_password_the_change_goes_on_and_the_old_address_is_told(
    company: cast.Platform, unproven: Client
) -> None:
    answer = act(unproven, "remove-method", id=company.ana.contact_methods.get().pk)
    unproven.post(answer["Location"], {"password": PASSWORD})
    assert not company.ana.contact_methods.exists()
    assert told() == ["ana@example.org"]


def test_a_new_address_is_told_to_those_that_counted_before(
    company: cast.Platform, signed_in: Callable[..., Client]
) -> None:
    cast.contact(company.ana, "loose", "never@example.org", kind="email", verified=False)
    act(signed_in(company.ana), "add-method", **ADD)
    assert told() == ["ana@example.org"]


def change(company: cast.Platform, client: Client, address: str) -> Any:
    """Another address for Ana's contact method, on the page of people."""
    method = company.ana.contact_methods.get()
    forms = {f"{name}-{part}_FORMS": 0 for name in ("notification_rules", "leave") for part in ("TOTAL", "INITIAL")}
    values = {
        "username": "ana",
        "name": "Ana",
        "email": "ana@example.org",
        "timezone": "UTC",
        "is_active": "on",
        "contact_methods-TOTAL_FORMS": 1,
        "contact_methods-INITIAL_FORMS": 1,
        **forms,
        "contact_methods-0-id": method.pk,
        "contact_methods-0-user": company.ana.pk,
        "contact_methods-0-slug": "mail",
        "contact_methods-0-kind": "email",
        "contact_methods-0-address": address,
    }
    return client.post(reverse("admin:oncall_user_change", args=[company.ana.pk]), values)


def test_a_manager_who_changes_it_proves_who_they_are_and_the_old_address_is_told(
    company: cast.Platform, boss: User, signed_in: Callable[..., Client]
) -> None:
    client = Client()
    client.force_login(boss)
    assert change(company, client, "new@example.org")["Location"].startswith(reverse("account_reauthenticate"))
    assert company.ana.contact_methods.get().address == "ana@example.org"
    assert change(company, signed_in(boss), "new@example.org").status_code == 302
    method = company.ana.contact_methods.get()
    assert (method.address, method.verified_at) == ("new@example.org", None)
    assert told() == ["ana@example.org"]


def test_a_manager_cannot_move_an_accounts_mail_address(
    company: cast.Platform, signed_in: Callable[..., Client]
) -> None:
    """A new password is asked for by mail: the address is a key to the account."""
    page = signed_in(company.zoe, "Manager").get(reverse("admin:oncall_user_change", args=[company.ana.pk]))
    assert b'name="email"' not in page.content

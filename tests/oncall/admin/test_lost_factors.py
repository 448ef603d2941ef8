"""Somebody lost their phone: a superuser removes the second factor, and nobody else can."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from oncall.models import Notification, User
from tests import cast


@pytest.fixture
def address(company: cast.Platform) -> str:
    Authenticator.objects.create(user=company.ana, type="totp", data={"secret": "x"})
    Authenticator.objects.create(user=company.ana, type="recovery_codes", data={"seed": "x", "used_mask": 0})
    return reverse("admin:oncall_user_forget_factors", args=[company.ana.pk])


def test_a_superuser_is_asked_first_and_then_removes_them(
    company: cast.Platform, address: str, boss: User, signed_in: Callable[..., Client]
) -> None:
    client = signed_in(boss)
    assert "Authenticator" in client.get(address).content.decode()
    assert Authenticator.objects.count() == 2
    assert client.post(address).status_code == 302
    assert not Authenticator.objects.exists()
    record = company.ana.history.first()
    assert (record.history_change_reason, record.history_user) == ("second factors removed by root", boss)
    assert LogEntry.objects.get().get_change_message() == "Removed the second factors."
    told = Notification.objects.get()
    assert (told.kind, told.address, told.private) == ("account", "ana@example.org", True)
    assert "has no second factor" in client.get(address).content.decode()
    client.post(address)
    assert Notification.objects.count() == 1, "nothing was removed, nobody is told"


@pytest.mark.parametrize("group", ["Viewer", "Responder", "Manager", "Security"])
def test_nobody_else_removes_them(
    company: cast.Platform, address: str, signed_in: Callable[..., Client], group: str
) -> None:
    client = signed_in(company.zoe, group)
    assert client.get(address).status_code == client.post(address).status_code == 403
    assert Authenticator.objects.count() == 2


def test_whoever_removes_them_proves_who_they_are(address: str, boss: User) -> None:
    client = Client()
    client.force_login(boss)
    assert client.post(address)["Location"].startswith(reverse("account_reauthenticate"))
    assert Authenticator.objects.count() == 2

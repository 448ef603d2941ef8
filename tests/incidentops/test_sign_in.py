"""Signing in: leads to the console, and guessing is locked for a name and an address."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oncall.models import User
from tests import cast

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    cache.clear()


def account(username: str = "ana", **fields: Any) -> User:
    user = cast.person(username, **fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def attempt(username: str = "ana", password: str = PASSWORD, address: str = HERE, **headers: str) -> Any:
    return Client(REMOTE_ADDR=address).post(
        reverse("admin:login"), {"username": username, "password": password}, headers=headers
    )


def lock(username: str = "ana", address: str = HERE, **headers: str) -> None:
    for _ in range(20):
        assert attempt(username, "wrong", address, **headers).status_code == 200


def test_signing_in_without_a_wish_leads_to_what_needs_a_human() -> None:
    account()
    answer = attempt()
    assert answer.status_code == 302
    assert answer["Location"] == reverse("admin:index")


def test_twenty_wrong_passwords_lock_the_name_from_that_address_for_15_minutes() -> None:
    account()
    lock()
    refused = attempt()
    assert refused.status_code == 429
    assert refused["Retry-After"] == "900"
    assert "locked here for 15 minutes" in refused.content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=14), tick=False):
        assert attempt().status_code == 429
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=5), tick=False):
        assert attempt().status_code == 302


def test_the_lock_is_for_one_name_and_one_address() -> None:
    """Else a stranger could lock somebody out of their own pager."""
    account()
    account("bo")
    lock()
    assert attempt("bo").status_code == 302
    assert attempt(address=ELSEWHERE).status_code == 302
    assert attempt("ANA").status_code == 429  # the same name to whoever signs in


def test_right_passwords_are_not_counted() -> None:
    account()
    for _ in range(25):
        assert attempt().status_code == 302


def test_names_that_do_not_exist_are_locked_alike() -> None:
    lock("nobody")
    assert attempt("nobody").status_code == 429


def test_without_a_proxy_the_forwarded_address_is_anybodys_invention(settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    account()
    for n in range(20):
        attempt(password="wrong", **{"x-forwarded-for": f"203.0.113.{n}"})
    assert attempt(**{"x-forwarded-for": "203.0.113.99"}).status_code == 429


def test_behind_a_proxy_the_address_that_it_appended_counts(settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    account()
    for n in range(20):  # what the client wrote itself stands further left
        attempt(password="wrong", **{"x-forwarded-for": f"203.0.113.{n}, {ELSEWHERE}"})
    assert attempt(**{"x-forwarded-for": ELSEWHERE}).status_code == 429
    assert attempt(**{"x-forwarded-for": "203.0.113.1"}).status_code == 302


@pytest.mark.parametrize("header", ["", "nonsense", "1.2.3.4"])
def test_a_wrong_header_is_no_error_page(settings: Any, header: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    account()
    assert attempt(**{"x-forwarded-for": header}).status_code == 302


def test_an_inactive_account_does_not_get_in() -> None:
    account(is_active=False)
    answer = attempt()
    assert answer.status_code == 302
    assert answer["Location"] == reverse("account_inactive")


def test_signing_in_leads_nowhere_else() -> None:
    account()
    for wish in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        answer = Client().post(reverse("admin:login"), {"username": "ana", "password": PASSWORD, "next": wish})
        assert answer["Location"] == reverse("admin:index")

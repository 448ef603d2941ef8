"""Whoever is made inactive is out with the next request: sessions, tokens, links, and what was begun."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from incidents import lifecycle
from incidents.models import Severity
from oncall import contacts, keys
from oncall.accounts import Factors
from oncall.models import Notification, Page, User
from oncall.paging import Actor
from tests import calling, cast

PASSWORD = "correct horse battery"


@pytest.fixture
def company(db: None) -> cast.Platform:
    cache.clear()
    return cast.platform(timezone.now())


def leave(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


def opened(client: Any, *addresses: str) -> list[int]:
    return [client.get(address).status_code for address in addresses]


def test_a_session_dies_with_the_next_request(company: cast.Platform) -> None:
    client = Client()
    client.force_login(company.ana)
    calling.prove(client, company.ana)
    pages = ("/admin/my/", "/account/security/", "/account/password/", "/account/security/keys/", "/api/v1/tokens/")
    assert opened(client, *pages) == [200] * 5
    leave(company.ana)
    assert opened(client, *pages) == [302, 302, 302, 302, 401]
    assert client.post(reverse("admin:oncall_mine_act", args=["add-token"]), {"name": "x"}).status_code == 302
    assert not company.ana.api_tokens.exists()


def test_a_token_dies_with_the_next_request(company: cast.Platform) -> None:
    api = calling.caller(company.ana)
    assert opened(api, "/api/v1/tokens/") == [200]
    leave(company.ana)
    assert opened(api, "/api/v1/tokens/", "/api/v1/incidents/") == [401, 401]


def test_links_to_pages_die_with_the_next_request(company: cast.Platform) -> None:
    sev1 = Severity.objects.get(level="SEV-1")
    by, now = Actor(None, "test", "engine"), timezone.now()
    incident = lifecycle.declare("Down", company.service, by, now, severity=sev1)
    page = Page.objects.get(subject=incident.subject)
    phone = urlsplit(keys.page_link(page.pk, company.ana.pk, now)).path
    assert opened(Client(), phone) == [200]
    leave(company.ana)
    assert opened(Client(), phone) == [410]
    assert Client().post(phone, {"act": "ack"}).status_code == 410
    incident.refresh_from_db()
    assert incident.state == "triggered"


def test_links_in_codes_die_with_the_next_request(company: cast.Platform) -> None:
    method = cast.contact(company.ana, "two", "two@example.org", kind="email", verified=False)
    contacts.start_verification(method, timezone.now())
    link = urlsplit(Notification.objects.get(kind="code").link).path
    assert opened(Client(), link) == [200]
    leave(company.ana)
    assert opened(Client(), link) == [410]
    assert Client().post(link).status_code == 410
    method.refresh_from_db()
    assert method.verified_at is None


def test_a_sign_in_that_was_begun_is_not_finished(company: cast.Platform) -> None:
    company.ana.set_password(PASSWORD)
    company.ana.save()
    secret = generate_totp_secret()
    Authenticator.objects.create(user=company.ana, type="totp", data={"secret": Factors().encrypt(secret)})
    client = Client()
    answer = client.post(reverse("admin:login"), {"username": "ana", "password": PASSWORD})
    assert answer["Location"] == reverse("mfa_authenticate")
    leave(company.ana)
    client.get(reverse("mfa_authenticate"))
    counter = next(iter(yield_hotp_counters_from_time()))
    client.post(reverse("mfa_authenticate"), {"code": format_hotp_value(hotp_value(secret, counter))})
    assert opened(client, "/admin/my/", "/account/security/") == [302, 302]

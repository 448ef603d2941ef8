"""Single sign-on against a real provider, second factors, and the account for emergencies."""

import importlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.test import Client
from django.urls import clear_url_caches, reverse
from oidc_provider_mock import User as Subject
from oidc_provider_mock import run_server_in_thread

from incidentops import entrance, urls
from oncall.models import Notification, User
from tests import calling, cast

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    people = [
        Subject(sub="s-ana", claims={"email": "ana@example.org", "preferred_username": "ana", "name": "Ana Other"}),
        Subject(sub="s-eve", claims={"groups": ["sre"], "preferred_username": "eve", "email": "eve@example.org"}),
    ]
    with run_server_in_thread(user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def provider(issuer: str, settings: Any) -> Iterator[str]:
    """The site as if its environment named the provider."""
    cache.clear()
    settings.OIDC_ISSUER, settings.OIDC_NAME = issuer, "Company"
    settings.OIDC_GROUPS = [("sre", "Responder"), ("leads", "Manager")]
    app = {"provider_id": issuer, "name": "Company", "client_id": "c", "secret": "s"}
    told = {"server_url": issuer, "oauth_pkce_enabled": True}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [{**app, "settings": told}]}}
    _again()
    yield issuer
    settings.OIDC_ISSUER = ""
    _again()


def _again() -> None:
    importlib.reload(entrance)
    importlib.reload(urls)
    clear_url_caches()


def arrive(subject: str, client: Client | None = None, process: str = "login") -> tuple[Client, Any]:
    """Follow the button of the sign-in page through the provider's own form, and back."""
    client = client or Client()
    there = client.get(reverse("openid_connect_login"), {"process": process})["Location"]
    back = requests.post(there, data={"sub": subject}, allow_redirects=False, timeout=10).headers["Location"]
    parts = urlsplit(back)
    assert parts.path == reverse("openid_connect_callback")
    return client, client.get(f"{parts.path}?{parts.query}")


def signed_in_as(client: Client) -> str:
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key).username if key else ""


class TestSingleSignOn:
    def test_a_new_subject_gets_an_account_of_its_own_without_groups(self, provider: str) -> None:
        client, _ = arrive("s-new")
        user = User.objects.get(username=signed_in_as(client))
        assert (user.is_active, user.is_superuser, user.has_usable_password()) == (True, False, False)
        assert not user.groups.exists()
        assert list(SocialAccount.objects.values_list("provider", "uid")) == [(provider, "s-new")]

    def test_an_account_is_never_taken_over_by_mail_address_or_name(self, provider: str) -> None:
        local = cast.person("ana")
        client, _ = arrive("s-ana")
        assert signed_in_as(client) not in {"", "ana"}
        assert not SocialAccount.objects.filter(user=local).exists()

    def test_the_same_subject_comes_back_to_the_same_account(self, provider: str) -> None:
        first, _ = arrive("s-eve")
        second, _ = arrive("s-eve")
        assert signed_in_as(first) == signed_in_as(second) == "eve"

    def test_the_same_subject_of_another_issuer_is_somebody_else(self, provider: str) -> None:
        other = cast.person("other")
        SocialAccount.objects.create(user=other, provider="https://elsewhere.example", uid="s-eve")
        client, _ = arrive("s-eve")
        assert signed_in_as(client) == "eve"

    def test_claims_give_and_take_the_mapped_groups_only(self, provider: str, settings: Any) -> None:
        arrive("s-eve")
        user = User.objects.get(username="eve")
        assert list(user.groups.values_list("name", flat=True)) == ["Responder"]
        user.groups.set(calling.Group.objects.filter(name__in=["Manager", "Viewer"]))
        arrive("s-eve")
        assert set(user.groups.values_list("name", flat=True)) == {"Responder", "Viewer"}

    def test_a_deactivated_person_stays_out(self, provider: str) -> None:
        arrive("s-eve")
        User.objects.filter(username="eve").update(is_active=False)  # as an administrator's form does
        client, answer = arrive("s-eve")
        assert signed_in_as(client) == ""
        assert answer["Location"] == reverse("account_inactive")

    def test_linking_is_for_who_is_signed_in_and_proves_it(self, provider: str) -> None:
        local = cast.person("bo")
        local.set_password(PASSWORD)
        local.save()
        client = Client()
        client.force_login(local)
        _, answer = arrive("s-link", client, "connect")
        assert answer["Location"].startswith(reverse("account_reauthenticate"))
        assert not SocialAccount.objects.exists()
        client.post(answer["Location"], {"password": PASSWORD})
        assert SocialAccount.objects.get().user == local


class TestBreakGlass:
    def test_where_single_sign_on_is_the_rule_only_one_account_has_a_password(
        self, provider: str, settings: Any
    ) -> None:
        settings.OIDC_ONLY, settings.BREAK_GLASS_USER = True, "glass"
        calling.member("Manager", "zoe")
        for name in ("ana", "glass"):
            user = cast.person(name)
            user.set_password(PASSWORD)
            user.save()
            client = Client()
            client.post(reverse("admin:login"), {"username": name, "password": PASSWORD})
            assert signed_in_as(client) == ("glass" if name == "glass" else "")
        row = Notification.objects.get(kind="account")
        assert (row.address, "glass" in row.text) == ("zoe@example.org", True)


class TestFactors:
    def test_an_authenticator_app_is_asked_after_the_password(self, django_capture_on_commit_callbacks: Any) -> None:
        cache.clear()
        user = cast.person("ana")
        user.set_password(PASSWORD)
        user.save()
        client = Client()
        client.force_login(user)
        calling.prove(client, user)
        page = client.get(reverse("mfa_activate_totp"))
        secret = page.context["form"].secret
        with django_capture_on_commit_callbacks(execute=True):
            assert client.post(reverse("mfa_activate_totp"), {"code": _code(secret)}).status_code == 302
        stored = Authenticator.objects.get(user=user, type="totp").data["secret"]
        assert secret not in stored  # a copy of the database opens nothing
        fresh = Client()
        answer = fresh.post(reverse("admin:login"), {"username": "ana", "password": PASSWORD})
        assert answer["Location"] == reverse("mfa_authenticate")
        assert signed_in_as(fresh) == ""
        cache.clear()  # the code was just used: within its half minute it counts once
        assert fresh.post(answer["Location"], {"code": _code(secret)}).status_code == 302
        assert signed_in_as(fresh) == "ana"
        assert Notification.objects.filter(kind="account", address="ana@example.org").exists()

    def test_a_passkey_is_made_in_the_names_of_the_product_and_the_person(self) -> None:
        user = cast.person("ana")
        client = Client()
        client.force_login(user)
        calling.prove(client, user)
        asked = client.get(reverse("mfa_add_webauthn")).context["js_data"]["creation_options"]["publicKey"]
        assert (asked["rp"]["name"], asked["user"]["displayName"]) == ("IncidentOps", str(user))

    @pytest.mark.parametrize(
        "name", ["mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_list_webauthn", "account_change_password"]
    )
    def test_each_page_of_ones_account_opens_in_the_consoles_frame(self, name: str) -> None:
        user = cast.person("ana")
        client = Client()
        client.force_login(user)
        calling.prove(client, user)
        page = client.get(reverse(name))
        assert page.status_code == 200
        assert b'id="nav-sidebar"' in page.content
        assert "'unsafe-inline'" not in page["Content-Security-Policy"].split("script-src")[1].split(";")[0]


def test_a_deactivated_persons_session_and_tokens_die_with_the_next_request() -> None:
    user = calling.member("Viewer", "ana")
    client, api = Client(), calling.caller(user)
    client.force_login(user)
    assert client.get("/admin/my/").status_code == api.get("/api/v1/teams/").status_code == 200
    user.is_active = False
    user.save()
    assert client.get("/admin/my/").status_code == 302
    assert api.get("/api/v1/teams/").status_code == 401


def _code(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))

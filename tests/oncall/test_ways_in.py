"""Further ways in: a recovery code, a new password by mail; and answers of a provider that are not to be believed."""

import importlib
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import clear_url_caches, reverse

from incidentops import entrance, sign_in, theme, urls
from oncall.accounts import Factors, SingleSignOn
from oncall.models import Notification, User
from tests import cast

pytestmark = pytest.mark.django_db

PASSWORD, NEW = "correct horse battery", "staple under the stairs"


@pytest.fixture
def ana() -> User:
    cache.clear()
    user = cast.person("ana")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in_as(password: str, client: Client | None = None) -> tuple[Client, Any]:
    client = client or Client()
    return client, client.post(reverse("admin:login"), {"username": "ana", "password": password})


def inside(client: Client) -> bool:
    return client.get("/admin/my/").status_code == 200


def test_a_recovery_code_opens_once(ana: User) -> None:
    Authenticator.objects.create(user=ana, type="totp", data={"secret": Factors().encrypt("JBSWY3DPEHPK3PXP")})
    first, second, *_ = RecoveryCodes.activate(ana).get_unused_codes()
    client, answer = sign_in_as(PASSWORD)
    assert (answer["Location"], inside(client)) == (reverse("mfa_authenticate"), False)
    client.post(reverse("mfa_authenticate"), {"code": first})
    assert inside(client)
    again, _answer = sign_in_as(PASSWORD)
    again.post(reverse("mfa_authenticate"), {"code": first})
    assert not inside(again), "a code counts once"
    again.post(reverse("mfa_authenticate"), {"code": second})
    assert inside(again)


class TestReset:
    @pytest.fixture(autouse=True)
    def by_mail(self, settings: Any) -> Iterator[None]:
        """The site as if it had a mail server."""
        settings.PASSWORD_RESET_BY_MAIL, settings.SITE_URL = True, "https://incidents.example.org"
        self.again()
        yield
        settings.PASSWORD_RESET_BY_MAIL = False
        self.again()

    @staticmethod
    def again() -> None:
        importlib.reload(entrance)
        importlib.reload(urls)
        clear_url_caches()

    @staticmethod
    def asked(email: str, host: str = "testserver") -> str:
        """The link that is mailed for it, empty where none is."""
        Client(HTTP_HOST=host).post(reverse("account_reset_password"), {"email": email})
        row = Notification.objects.order_by("pk").last()
        found = re.search(r"https?://\S+", row.text) if row else None
        return found[0] if found else ""

    def test_the_link_sets_a_new_password_once(self, ana: User) -> None:
        path, client = urlsplit(self.asked("ana@example.org")).path, Client()
        form = client.get(path, follow=True).request["PATH_INFO"]
        client.post(form, {"password1": NEW, "password2": NEW})
        assert inside(sign_in_as(NEW)[0])
        assert not inside(sign_in_as(PASSWORD)[0])
        assert "password1" not in Client().get(path, follow=True).content.decode(), "it opens once"

    def test_the_link_is_under_our_own_address_whatever_host_was_asked(self, ana: User) -> None:
        assert self.asked("ana@example.org", "evil.example").startswith("https://incidents.example.org/account/reset/")

    def test_nobody_is_shown_the_link_but_its_reader(self, ana: User) -> None:
        self.asked("ana@example.org")
        row = Notification.objects.get()
        assert (row.kind, row.private, row.address) == ("code", True, "ana@example.org")
        assert not Notification.objects.visible_to(cast.person("boss", is_superuser=True)).exists()

    def test_unknown_inactive_and_provider_accounts_get_no_link(self, ana: User) -> None:
        assert self.asked("nobody@example.org") == ""
        cast.person("bo", is_active=False, password=ana.password)
        cast.person("cy", password="!provider")
        assert [self.asked(f"{name}@example.org") for name in ("bo", "cy")] == ["", ""]

    def test_a_new_password_does_not_get_past_the_second_factor(self, ana: User) -> None:
        Authenticator.objects.create(user=ana, type="totp", data={"secret": Factors().encrypt("JBSWY3DPEHPK3PXP")})
        path, client = urlsplit(self.asked("ana@example.org")).path, Client()
        form = client.get(path, follow=True).request["PATH_INFO"]
        client.post(form, {"password1": NEW, "password2": NEW})
        assert not inside(client)
        assert sign_in_as(NEW)[1]["Location"] == reverse("mfa_authenticate")


@pytest.mark.parametrize(
    ("token", "info", "refused"),
    [
        ({"iss": "https://id.example.org", "sub": "1"}, {"sub": "1"}, False),
        ({"iss": "https://id.example.org/", "sub": "1"}, {}, False),
        ({"iss": "https://evil.example", "sub": "1"}, {"sub": "1"}, True),
        ({"sub": "1"}, {"sub": "1"}, True),
        ({"iss": "https://id.example.org", "sub": "1"}, {"sub": "2"}, True),
        ({"iss": "https://id.example.org", "sub": "1"}, {"email": "ana@example.org"}, True),
        ({}, {}, True),
    ],
)
def test_a_provider_is_believed_about_one_subject_of_one_issuer(
    settings: Any, token: dict[str, str], info: dict[str, str], refused: bool
) -> None:
    settings.OIDC_ISSUER = "https://id.example.org"
    said = SimpleNamespace(extra_data={"id_token": token, "userinfo": info})
    login = SimpleNamespace(account=said, is_existing=False, state={})
    try:
        SingleSignOn().pre_social_login(RequestFactory().get("/"), login)
    except PermissionDenied:
        assert refused
    else:
        assert not refused


def test_the_user_menu_leads_to_ones_factors_and_connected_sign_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    def menu() -> list[str]:
        return [str(entry["title"]) for entry in importlib.reload(theme).UNFOLD["ACCOUNT"]["navigation"]]

    plain = ["My on-call", "Password", "Second factors and passkeys"]
    assert menu() == plain
    with monkeypatch.context() as patch:
        patch.setattr(sign_in, "OIDC_ISSUER", "https://id.example.org")
        assert menu() == [*plain, "Connected sign-ins"]
    assert menu() == plain

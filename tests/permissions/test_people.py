"""What nobody may do to another's account, or to make more of their own: by form, by verb, by the API."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oncall import keys
from oncall.models import ApiToken, ContactMethod, User
from tests import calling, cast

RAISES: list[dict[str, Any]] = [
    {"groups": ["Manager", "Security"]},
    {"is_superuser": True},
    {"is_staff": True},
    {"email": "mine@example.org"},
    {"username": "other"},
    {"password": "correct horse 9"},
    {"user_permissions": [1]},
]


@pytest.fixture
def company(db: None) -> cast.Platform:
    made = cast.platform()
    for person, group in ((made.ana, "Viewer"), (made.bo, "Responder"), (made.dee, "Incident commander")):
        person.groups.add(Group.objects.get(name=group))
    made.zoe.groups.add(Group.objects.get(name="Manager"))
    return made


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    calling.prove(client, person)
    return client


def account(person: User) -> dict[str, Any]:
    """What of an account opens doors."""
    row = User.objects.get(pk=person.pk)
    names = ("username", "email", "password", "is_superuser", "is_active")
    return {
        **{name: getattr(row, name) for name in names},
        "groups": sorted(row.groups.values_list("name", flat=True)),
        "rights": row.user_permissions.count(),
        "contacts": sorted(row.contact_methods.values_list("address", "verified_at")),
        "tokens": row.api_tokens.filter(revoked_at=None).count(),
    }


@pytest.mark.parametrize(("who", "whose"), [("bo", "own"), ("bo", "another's"), ("dee", "own")])
def test_who_manages_nobody_changes_no_account_at_all(company: cast.Platform, who: str, whose: str) -> None:
    actor: User = getattr(company, who)
    victim = actor if whose == "own" else company.cy
    api, client, before = calling.caller(actor), browser(actor), account(victim)
    before["tokens"] = victim.api_tokens.count()
    for body in [*RAISES, {"active": False}, {"name": "Other"}]:
        assert api.patch(f"/api/v1/people/{victim.username}/", body).status_code == 403, body
        for page in ("change", "delete", "forget_factors"):
            address = reverse(f"admin:oncall_user_{page}", args=[victim.pk])
            assert client.post(address, {**body, "post": "yes"}).status_code == 403, (page, body)
    new = {"password1": "correct horse 9", "password2": "correct horse 9"}
    assert client.post(reverse("admin:auth_user_password_change", args=[victim.pk]), new).status_code == 403
    assert client.post(reverse("admin:oncall_user_add"), {"username": "new", **new}).status_code == 403
    assert account(victim) == before


@pytest.mark.parametrize("body", RAISES, ids=lambda body: next(iter(body)))
@pytest.mark.parametrize("whose", ["zoe", "cy"])
def test_a_manager_sets_nothing_that_opens_an_account(company: cast.Platform, body: dict[str, Any], whose: str) -> None:
    victim: User = getattr(company, whose)
    api, before = calling.caller(company.zoe), account(victim)
    assert api.patch(f"/api/v1/people/{victim.username}/", body).status_code in (400, 403)
    assert {**account(victim), "tokens": 0} == {**before, "tokens": 0}


def test_a_managers_form_takes_no_name_and_no_mail_address(company: cast.Platform) -> None:
    typed = {
        "username": "other",
        "name": "Cy B.",
        "email": "mine@example.org",
        "timezone": "UTC",
        "is_active": "on",
    }
    inlines = {
        f"{name}-{field}": "0"
        for name in ("contact_methods", "notification_rules", "leave")
        for field in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    answer = browser(company.zoe).post(reverse("admin:oncall_user_change", args=[company.cy.pk]), {**typed, **inlines})
    assert answer.status_code == 302
    cy = User.objects.get(pk=company.cy.pk)
    assert (cy.username, cy.name, cy.email) == ("cy", "Cy B.", "cy@example.org")


def test_my_on_call_reaches_nobody_elses_rows(company: cast.Platform) -> None:
    method = company.cy.contact_methods.get()
    keys.issue_api_token(company.cy, ApiToken.Scope.READ, timezone.now())
    token, rule = company.cy.api_tokens.get(), company.cy.notification_rules.first()
    client, before = browser(company.bo), account(company.cy)
    tries = {
        "remove-method": method.pk,
        "send-code": method.pk,
        "test": method.pk,
        "confirm": method.pk,
        "remove-rule": rule.pk,
        "revoke-token": token.pk,
    }
    for what, key in tries.items():
        assert client.post(reverse("admin:oncall_mine_act", args=[what]), {"id": key}).status_code in (302, 404), what
    assert account(company.cy) == before
    assert ContactMethod.objects.filter(pk=method.pk).exists()
    assert company.cy.notification_rules.filter(pk=rule.pk).exists()
    assert calling.caller(company.bo).delete(f"/api/v1/tokens/{token.pk}/").status_code == 404

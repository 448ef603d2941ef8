"""Who may change what, also by address, action and inline form."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oncall import keys
from oncall.models import ApiToken, ContactMethod, Leave, Override, Team, User
from tests import cast
from tests.oncall.admin.forms import saved, shown

MODELS = [model for model in admin.site._registry if model._meta.app_label == "oncall"]


@pytest.fixture
def viewer(company: cast.Platform, signed_in: Callable[..., Client]) -> Client:
    return signed_in(company.bo, "Viewer")


def test_a_viewer_sees_and_changes_nothing_by_address(company: cast.Platform, viewer: Client) -> None:
    now = timezone.now()
    cast.away(company.ana, now, now + timedelta(hours=1))
    cast.override(company.schedule, now, now + timedelta(hours=1), add=company.cy)
    cast.channel("Room")
    for model in MODELS:
        name = f"admin:oncall_{model._meta.model_name}"
        assert viewer.get(reverse(f"{name}_add")).status_code == 403, model
        row = model._default_manager.order_by("pk").first()
        if row is None:
            continue
        before = model._default_manager.filter(pk=row.pk).values().get()
        assert viewer.post(reverse(f"{name}_change", args=[row.pk]), {"name": "x"}).status_code == 403, model
        assert viewer.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403, model
        assert model._default_manager.filter(pk=row.pk).values().get() == before


def test_a_viewer_has_no_actions(company: cast.Platform, viewer: Client) -> None:
    for name in ("team", "schedule", "escalationpolicy", "override", "user"):
        answer = viewer.post(
            reverse(f"admin:oncall_{name}_changelist"),
            {"action": "delete_selected", "_selected_action": [1, 2], "post": "yes"},
        )
        assert answer.status_code in (200, 302, 403)
    assert Team.objects.count() == 1
    assert User.objects.count() == 5


def test_a_viewer_changes_nothing_through_inline_forms(company: cast.Platform, viewer: Client) -> None:
    address = reverse("admin:oncall_user_change", args=[company.ana.pk])
    method = company.ana.contact_methods.get()
    answer = viewer.post(
        address,
        {
            "username": "ana",
            "contact_methods-TOTAL_FORMS": "1",
            "contact_methods-INITIAL_FORMS": "1",
            "contact_methods-0-id": method.pk,
            "contact_methods-0-user": company.ana.pk,
            "contact_methods-0-address": "evil@example.org",
        },
    )
    assert answer.status_code == 403
    assert ContactMethod.objects.get(pk=method.pk).address == "ana@example.org"


def test_a_viewer_cannot_make_a_policy_from_a_template(company: cast.Platform, viewer: Client) -> None:
    address = reverse("admin:oncall_escalationpolicy_template")
    assert viewer.post(address, {"template": "lead", "schedule": company.schedule.pk}).status_code == 403


def test_a_viewer_sees_no_password_hash_and_no_addresses(company: cast.Platform, viewer: Client, boss: User) -> None:
    cast.contact(company.ana, "push", "ntfys://ntfy.sh/secret-topic")
    for person in (company.ana, boss):
        page = viewer.get(reverse("admin:oncall_user_change", args=[person.pk])).content.decode()
        assert "pbkdf2" not in page
        assert "secret-topic" not in page


@pytest.fixture
def manager(company: cast.Platform, signed_in: Callable[..., Client]) -> Client:
    return signed_in(company.zoe, "Manager")


def test_a_manager_edits_people_but_gives_no_rights(company: cast.Platform, manager: Client) -> None:
    address = reverse("admin:oncall_user_change", args=[company.zoe.pk])
    security = Group.objects.get(name="Security")
    answer = saved(manager, address, name="Zoe B.", is_superuser="on", groups=[security.pk], user_permissions=[1])
    assert answer.status_code == 302
    zoe = User.objects.get(pk=company.zoe.pk)
    assert zoe.name == "Zoe B."
    assert not zoe.is_superuser
    assert list(zoe.groups.values_list("name", flat=True)) == ["Manager"]
    assert not zoe.user_permissions.exists()


def test_a_manager_cannot_edit_a_superuser_or_set_passwords(
    company: cast.Platform, manager: Client, boss: User
) -> None:
    assert manager.post(reverse("admin:oncall_user_change", args=[boss.pk]), {"username": "x"}).status_code == 403
    for person in (boss, company.ana):
        address = reverse("admin:auth_user_password_change", args=[person.pk])
        new = {"password1": "correct horse 9", "password2": "correct horse 9"}
        assert manager.post(address, new).status_code == 403
    assert User.objects.get(pk=boss.pk).check_password("correct horse battery")


def test_a_manager_cannot_change_groups(company: cast.Platform, manager: Client) -> None:
    group = Group.objects.get(name="Viewer")
    assert manager.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "x"}).status_code == 403
    assert manager.post(reverse("admin:auth_group_add"), {"name": "x"}).status_code == 403


def test_a_responder_steps_in_and_nothing_more(company: cast.Platform, signed_in: Callable[..., Client]) -> None:
    client = signed_in(company.cy, "Responder")
    address = reverse("admin:oncall_override_add") + f"?schedule={company.schedule.pk}"
    assert saved(client, address, remove=company.ana.pk).status_code == 302
    made = Override.objects.get()
    assert (made.add, made.remove, made.created_by) == (company.cy, company.ana, company.cy)
    assert made.ends_at - made.starts_at == timedelta(hours=3)
    schedule = reverse("admin:oncall_schedule_change", args=[company.schedule.pk])
    assert client.post(schedule, {"name": "x"}).status_code == 403


def test_the_engines_rows_cannot_be_edited_by_a_superuser_either(
    company: cast.Platform, signed_in: Callable[..., Client], boss: User
) -> None:
    client = signed_in(boss)
    token = keys.issue_api_token(company.ana, ApiToken.Scope.READ, timezone.now())
    row = ApiToken.objects.get()
    assert client.post(reverse("admin:oncall_apitoken_change", args=[row.pk]), {"scope": "write"}).status_code == 403
    client.post(reverse("admin:oncall_apitoken_changelist"), {"action": "revoke", "_selected_action": [row.pk]})
    assert keys.find_api_token(token, timezone.now()) is None


def test_everybody_reads_my_on_call(company: cast.Platform, signed_in: Callable[..., Client]) -> None:
    assert signed_in(company.cy).get(reverse("admin:oncall_mine")).status_code == 200


def test_inactive_people_do_not_get_in(company: cast.Platform, signed_in: Callable[..., Client]) -> None:
    client = signed_in(company.cy)
    User.objects.filter(pk=company.cy.pk).update(is_active=False)
    assert client.get(reverse("admin:oncall_mine")).status_code == 302


def test_an_account_without_is_staff_signs_in(company: cast.Platform) -> None:
    company.ana.set_password("correct horse battery")
    company.ana.save()
    answer = Client().post(
        reverse("admin:login"), {"username": "ana", "password": "correct horse battery", "next": "/admin/my/"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/admin/my/")


def test_leave_of_others_is_added_by_who_may(company: cast.Platform, signed_in: Callable[..., Client]) -> None:
    client = signed_in(company.cy, "Responder")
    add = reverse("admin:oncall_leave_add")
    form = shown(client, add)
    assert form["user"] == str(company.cy.pk)
    times = {"starts_at_0": "2030-01-07", "starts_at_1": "09:00", "ends_at_0": "2030-01-08", "ends_at_1": "09:00"}
    assert client.post(add, {**form, **times}).status_code == 302
    assert Leave.objects.get().user == company.cy

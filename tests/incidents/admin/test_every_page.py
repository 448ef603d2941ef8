"""Every page of the incidents' console opens; a Viewer changes nothing by address; a sender's text stays text."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse

from incidents import integrations, lifecycle
from incidents.models import Alert, InboxItem, Incident, Integration, Maintenance, Service, Severity, Silence
from oncall.models import User
from tests import cast
from tests.cast import NOW
from tests.incidents.admin.looking import browser, later
from tests.incidents.lifecycle.playing import by

pytestmark = pytest.mark.django_db

MODELS = [model for model in apps.get_app_config("incidents").get_models() if admin.site.is_registered(model)]
OWNED_BY_THE_ENGINE = {Alert, InboxItem}


@pytest.fixture
def rows(incident: Incident, company: cast.Platform, alert: Callable[..., Alert]) -> dict[Any, int]:
    """One row of each model, by model."""
    integration, _key = integrations.create(company.service, "Probe", "generic", NOW)
    span = {"service": company.service, "starts_at": NOW, "ends_at": later(60)}
    made = [
        incident,
        alert(incident, "db", links=[{"href": "javascript:alert(1)", "text": "bad"}], labels={"<b>": "<i>x</i>"}),
        integration,
        InboxItem.objects.create(integration=integration, received_at=NOW, signals=[{"title": "<script>x"}]),
        Silence.objects.create(**span, comment="quiet"),
        Maintenance.objects.create(**span, reason="moving"),
        company.service,
        Severity.objects.get(level="SEV-1"),
    ]
    return {type(row): row.pk for row in made}


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("root", "root@example.org", "correct horse battery", name="Root")


def address(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:incidents_{model._meta.model_name}_{page}", args=args)


def test_every_model_has_a_row_here(rows: dict[Any, int]) -> None:
    assert set(rows) == set(MODELS)


@pytest.mark.parametrize("model", MODELS)
def test_it_opens(model: Any, rows: dict[Any, int], boss: User) -> None:
    client = browser(boss)
    pages = [address(model, "changelist"), address(model, "change", rows[model])]
    if model not in OWNED_BY_THE_ENGINE:
        pages.append(address(model, "add"))
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        for bad in (b"javascript:alert", b"<script>x", b"<i>x</i>"):
            assert bad not in answer.content


@pytest.mark.parametrize("model", MODELS)
def test_a_viewer_changes_nothing_by_address(model: Any, rows: dict[Any, int], company: cast.Platform) -> None:
    client, key = browser(company.cy), rows[model]
    before = list(model.objects.values())
    for page in (address(model, "add"), address(model, "delete", key)):
        assert client.get(page).status_code == 403
        assert client.post(page, {"post": "yes"}).status_code == 403
    assert client.post(address(model, "change", key), {"name": "x", "title": "x"}).status_code == 403
    client.post(address(model, "changelist"), {"action": "delete_selected", "_selected_action": [key], "post": "yes"})
    assert list(model.objects.values()) == before


def test_a_new_key_is_asked_for_and_shown_once(rows: dict[Any, int], boss: User, company: cast.Platform) -> None:
    integration = Integration.objects.get(pk=rows[Integration])
    where = f"/admin/incidents/integration/{integration.pk}/rotate/"
    client = browser(boss)
    asked = client.get(where)
    assert asked.status_code == 200
    before = Integration.objects.get(pk=integration.pk).key_digest
    assert before == integration.key_digest
    told = client.post(where, follow=True).content.decode()
    changed = Integration.objects.get(pk=integration.pk)
    assert changed.key_digest != before
    assert changed.key_prefix in told
    assert "shown this once" in told
    assert "shown this once" not in client.get(address(Integration, "change", integration.pk)).content.decode()
    assert browser(company.cy).post(where).status_code == 403


def test_a_signing_secret_is_shown_once_and_given_up_again(
    rows: dict[Any, int], boss: User, company: cast.Platform
) -> None:
    where = f"/admin/incidents/integration/{rows[Integration]}/sign/"
    client = browser(boss)
    assert "Make a secret and take signed bodies only" in client.get(where).content.decode()
    told = client.post(where, {"do": "require"}, follow=True).content.decode()
    assert "whsec_" in told and "signed bodies only" in told
    assert "whsec_" not in client.get(address(Integration, "change", rows[Integration])).content.decode()
    client.post(where, {"do": "require"})
    assert "Drop the previous secret" in client.get(where).content.decode()
    client.post(where, {"do": "drop"})
    assert Integration.objects.get(pk=rows[Integration]).previous_signing_secret == ""
    client.post(where, {"do": "stop"})
    assert Integration.objects.get(pk=rows[Integration]).signing_secret == ""
    assert browser(company.cy).post(where, {"do": "require"}).status_code == 403


def test_an_alert_of_a_private_incident_is_hidden(
    incident: Incident, company: cast.Platform, alert: Callable[..., Alert]
) -> None:
    hidden = alert(incident, "secret-db")
    lifecycle.set_private(incident, True, by(company.dee), NOW)
    assert "secret-db" not in browser(company.bo).get(address(Alert, "change", hidden.pk), follow=True).content.decode()
    assert "secret-db" in browser(company.zoe).get(address(Alert, "change", hidden.pk)).content.decode()


def test_the_inbox_shows_no_event_of_a_private_incident(
    incident: Incident, company: cast.Platform, alert: Callable[..., Alert], boss: User
) -> None:
    secret = alert(incident, "secret-db")
    lifecycle.set_private(incident, True, by(company.dee), NOW)
    company.bo.user_permissions.add(*Permission.objects.filter(codename__in=["view_inboxitem", "change_inboxitem"]))
    told = [{"dedup_key": "secret-db", "title": "stolen"}, {"dedup_key": "other", "title": "open words"}]
    item = InboxItem.objects.create(
        integration=secret.integration, received_at=NOW, signals=told, state="aside", error="x\nDataError: stolen"
    )

    def seen(user: User) -> str:
        pages = (address(InboxItem, "change", item.pk), address(InboxItem, "changelist"))
        return "".join(browser(user).get(page).content.decode() for page in pages)

    assert "stolen" not in seen(company.bo)
    assert "open words" in seen(company.bo)
    assert "DataError" in seen(company.bo)
    assert "stolen" in seen(boss)


def test_a_service_counts_only_the_incidents_one_may_see(incident: Incident, company: cast.Platform) -> None:
    lifecycle.set_private(incident, True, by(company.dee), NOW)

    def counted(user: User) -> int:
        (row,) = browser(user).get(address(Service, "changelist")).context["cl"].result_list
        return int(row.open_count)

    assert (counted(company.bo), counted(company.zoe)) == (0, 1)

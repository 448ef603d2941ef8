"""A canary on its way is seen nowhere: each list, figure and export that there is says the same as without it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.db.models import Manager
from django.test import Client
from django.urls import get_resolver, reverse

from incidentops import configuration
from incidentops.canary import key, runs
from incidents import intake
from incidents.adapters.signal import Action, Signal
from incidents.engine import ack_timeouts, audit, heartbeats, holds, retention, silences
from incidents.models import Alert, InboxItem, Incident, Integration, Service
from oncall.engine import audit as pager_audit
from oncall.engine import dispatch, escalate
from oncall.models import CanaryRun, Notification, Page, User
from tests import cast
from tests.cast import NOW

HIDDEN = (Service, Integration, InboxItem, Alert, Incident, Page, Notification)
TOKEN = "canary-token"


@pytest.fixture
def boss(db: None) -> User:
    cast.platform()
    return User.objects.create_superuser("boss", "boss@example.org", "boss-password-1")


@pytest.fixture
def looking(boss: User) -> Iterator[Client]:
    client = Client()
    client.force_login(boss)
    with time_machine.travel(NOW, tick=False):
        yield client


@pytest.fixture
def settings_in(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path


def fly(now: datetime) -> Service:
    """A canary up to its message's arrival, and all that it is left in place."""
    service = key.service()
    key.opened(service, now)
    run = runs.begin(service, now)
    assert run is not None
    integration = Integration.every.get(service=service)
    intake.accept(integration.pk, [Signal(Action.TRIGGER, "Canary", TOKEN, "info")], now)
    intake.drain(now)
    escalate.run(now)
    dispatch.run(now)
    assert runs.received_at(TOKEN)
    return service


def lists() -> dict[str, str]:
    """Every list of the API, by its address."""
    return {name: reverse(name) for name in names(get_resolver()) if name.endswith("-list")}


def names(patterns: Any) -> Iterator[str]:
    for each in patterns.url_patterns:
        if hasattr(each, "url_patterns"):
            yield from names(each) if each.namespace is None else ()
        else:
            yield each.name or ""


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in apps.get_models() if model is not CanaryRun}


def seen(client: Client) -> dict[str, Any]:
    """What everybody may look at, in a form that can be compared."""
    found: dict[str, Any] = {}
    for model, page in admin.site._registry.items():
        if (
            answer := client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
        ).context:
            changelist = answer.context["cl"]
            found[f"admin {model.__name__}"] = (
                changelist.full_result_count,
                [row.pk for row in changelist.result_list],
            )
            assert b"canary" not in answer.content.lower(), (model, page)
    found |= {name: client.get(address).json() for name, address in lists().items()}
    found["metrics"] = client.get("/metrics").content
    found["ready"] = client.get("/readyz").json()
    found["export"] = configuration.export()
    found["counts"] = counts()
    for address in (reverse("admin:index"), reverse("admin:oncall_mine"), reverse("admin:search") + "?s=canary"):
        found[address] = b"canary-token" in client.get(address).content
    return found


# Rows that are nobody's list: they hang on the hidden ones.
OWN = {"PolicyVersion", "StepRun", "SeverityChange", "TimelineEntry"}


@pytest.mark.services
def test_a_canary_is_in_no_list_figure_or_export(looking: Client, settings_in: None) -> None:
    before = seen(looking)
    fly(NOW)
    after = seen(looking)
    changed = {name for name, said in before.items() if said != after[name]}
    assert changed <= {"counts"}
    more = {name for name, count in before["counts"].items() if after["counts"][name] != count}
    through = {model.__name__ for model in apps.get_models(include_auto_created=True) if model._meta.auto_created}
    assert more <= OWN | through
    assert len(lists()) > 15
    assert all(model.every.count() == model.objects.count() + 1 for model in HIDDEN)


def test_every_model_that_hides_the_canary_is_asked_here() -> None:
    assert {model for model in apps.get_models() if isinstance(getattr(model, "every", None), Manager)} == set(HIDDEN)


@pytest.mark.parametrize("model", HIDDEN, ids=lambda model: model.__name__)
def test_nothing_of_a_canary_opens_by_its_address(looking: Client, settings_in: None, model: Any) -> None:
    fly(NOW)
    row = model.every.exclude(pk__in=model.objects.all()).get()
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    for address in ("change", "history", "delete"):
        assert looking.get(reverse(f"admin:{name}_{address}", args=[row.pk])).status_code in (302, 403, 404), address


def test_no_job_but_the_pagers_own_touches_a_canary(looking: Client, settings_in: None) -> None:
    fly(NOW)
    later = NOW + timedelta(days=8)
    for job in (ack_timeouts, audit, heartbeats, holds, retention, silences, pager_audit):
        job.run(later)
    assert Incident.every.filter(number=None, hold_until_at=None, ack_due_at=None).count() == 1
    assert not Incident.objects.exists()


def test_what_a_canary_leaves_is_deleted_and_nothing_else(looking: Client, settings_in: None) -> None:
    company = Service.objects.get()
    before = counts()
    runs.forget(fly(NOW))
    assert [model.every.count() - model.objects.count() for model in HIDDEN] == [1, 1, 0, 0, 0, 0, 0]
    assert {name for name, count in counts().items() if count != before[name]} == {"PolicyVersion"}
    assert company.pk == Service.objects.get().pk


def test_canaries_come_after_every_page_and_take_no_number(looking: Client, settings_in: None) -> None:
    service, now = key.service(), NOW
    key.opened(service, now)
    own = Integration.objects.create(service=Service.objects.get(), name="Events", key_digest="x")
    for row in (Integration.every.get(service=service), own):
        intake.accept(row.pk, [Signal(Action.TRIGGER, "Down", f"{row.pk}", "critical")], now)
    intake.drain(now)
    assert [page.canary for page in Page.every.order_by("rank")] == [False, True]
    assert Incident.objects.get().number.endswith("-0001")

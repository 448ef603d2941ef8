"""Changes to configuration through the doors that people use: the console's forms, the API, configuration files.

What a door refuses raises Refused: nothing was changed by it.
"""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import orjson
import time_machine
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from ruamel.yaml import YAML

from incidentops import configuration
from incidents.models import Integration, Service, Severity, Silence
from oncall.documents import Invalid
from oncall.models import Channel, EscalationPolicy, Layer, Override, Schedule, Team, User
from tests import calling
from tests.oncall.admin.forms import shown
from tests.walks.conftest import World

Mutation = Callable[[World, Random], None]
SUPERUSER = "root"
_WORDS = (
    "",
    "0",
    "1",
    "999",
    "on",
    "UTC",
    "Mars/Olympus",
    "\u202e%s{}",
    "json://127.0.0.1:1/dead",
    "2026-01-14",
    "(a+)+$",
)


class Refused(Exception):  # noqa: N818 — an answer rather than an error
    """The door said no."""


def _boss(world: World) -> Client:
    """A superuser's browser, who has just typed their password."""
    user = User.objects.filter(username=SUPERUSER).first()
    user = user or User.objects.create_superuser(SUPERUSER, "root@example.org", "correct horse battery")
    if not (user.is_active and user.is_superuser):  # changed by somebody, too
        raise Refused
    client = Client()
    client.force_login(user)
    calling.prove(client, user)
    return client


def _one(model: type[Model], random: Random) -> Any:
    rows = list(model._default_manager.order_by("pk"))
    if not rows:
        raise Refused
    return random.choice(rows)


# -- the console -------------------------------------------------------------------------------------------------------
def _page(row: Model, act: str) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{act}", args=[row.pk])


def _form_changed(model: type[Model]) -> Mutation:
    """One or two of a form's fields get another value, or the row of an inline is ticked for deletion."""

    def change(world: World, random: Random) -> None:
        row = _one(model, random)
        with time_machine.travel(world.now, tick=False):
            client = _boss(world)
            fields = shown(client, _page(row, "change"))
            names = [name for name in fields if not name.endswith(("_FORMS", "-id")) and not name.startswith("_")]
            rows = [name.removesuffix("-id") for name, value in fields.items() if name.endswith("-id") and value]
            if rows and random.random() < 0.5:
                fields[f"{random.choice(rows)}-DELETE"] = "on"
            for name in random.sample(names, min(len(names), random.choice((1, 2)))):
                if random.random() < 0.3:
                    del fields[name]  # a box that is no longer ticked, a list without a choice
                else:
                    fields[name] = random.choice(_WORDS)
            if client.post(_page(row, "change"), fields).status_code != 302:
                raise Refused

    change.__name__ = f"{model.__name__} changed in the console"
    return change


def _deleted_in_console(model: type[Model]) -> Mutation:
    def delete(world: World, random: Random) -> None:
        row = _one(model, random)
        with time_machine.travel(world.now, tick=False):
            _boss(world).post(_page(row, "delete"), {"post": "yes"})
        if model._default_manager.filter(pk=row.pk).exists():
            raise Refused

    delete.__name__ = f"{model.__name__} deleted in the console"
    return delete


# -- the API -----------------------------------------------------------------------------------------------------------
def _patched(kind: str, model: type[Model], name: str, *bodies: dict[str, Any]) -> Mutation:
    """`name` is the field by which the API finds a row."""

    def patch(world: World, random: Random) -> None:
        _call(world, "patch", f"{kind}/{getattr(_one(model, random), name)}/", random.choice(bodies))

    patch.__name__ = f"{model.__name__} changed by the API"
    return patch


def _deleted_by_api(kind: str, model: type[Model], name: str) -> Mutation:
    def delete(world: World, random: Random) -> None:
        _call(world, "delete", f"{kind}/{getattr(_one(model, random), name)}/", None)

    delete.__name__ = f"{model.__name__} deleted by the API"
    return delete


def _call(world: World, method: str, path: str, body: Any) -> None:
    with time_machine.travel(world.now, tick=False):
        call = getattr(_boss(world), method)
        answer = call(f"/api/v1/{path}", orjson.dumps(body), content_type="application/json")
    assert answer.status_code < 500, (path, body, answer.content)
    if answer.status_code >= 400:
        raise Refused


def hole_by_api(world: World, random: Random) -> None:
    schedule, person = _one(Schedule, random), _one(User, random)
    span = {"from": world.now.isoformat(), "to": (world.now + timedelta(days=1)).isoformat()}
    _call(world, "post", "overrides/", {"schedule": schedule.slug, "remove": person.username, **span})


# -- configuration files -----------------------------------------------------------------------------------------------
def _half_a_file(world: World, random: Random) -> None:
    """What was exported is applied again with something missing in it, and the rest is pruned."""
    document = _exported()
    section = random.choice(sorted(document))
    del document[section][random.randrange(len(document[section]))]
    _apply(world, document, prune=random.random() < 0.7)


def _edited_file(world: World, random: Random) -> None:
    """Lists that hold people, steps, layers or addresses are emptied; values become other ones."""
    document = _exported()
    one = random.choice([entry for entries in document.values() for entry in entries])
    name = random.choice(sorted(one))
    one[name] = [] if isinstance(one[name], list) else random.choice((None, *_WORDS))
    _apply(world, document)


def _exported() -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe").load(configuration.export())
    found = {section: list(entries) for section, entries in document.items() if entries}
    if not found:
        raise Refused
    return found


def _apply(world: World, document: dict[str, Any], *, prune: bool = False) -> None:
    text = orjson.dumps(document, default=str).decode()
    try:
        configuration.apply([("edited.yaml", text)], world.now, prune)
    except Invalid as error:
        raise Refused from error


_half_a_file.__name__, _edited_file.__name__ = "a file applied with something missing", "a file applied with a change"

_NOBODY = {"steps": [{"delay_minutes": 0, "targets": []}]}
_CY = {"steps": [{"delay_minutes": 0, "targets": [{"user": "cy"}]}]}
CONSOLE: tuple[type[Model], ...] = (
    *(User, Team, Schedule, Layer, Override, EscalationPolicy, Channel, Service, Severity, Integration, Silence),
)
DOORS: tuple[Mutation, ...] = (
    *(_form_changed(model) for model in CONSOLE),
    *(_deleted_in_console(model) for model in CONSOLE),
    _patched(
        *("people", User, "username"),
        *(
            {"active": False},
            {"contact_methods": []},
            {"notification_rules": []},
            {"groups": []},
            {"groups": ["Manager"]},
        ),
    ),
    _patched("teams", Team, "slug", {"members": []}, {"lead": None}, {"timezone": "Asia/Tokyo"}, {"holidays": ""}),
    _patched("schedules", Schedule, "slug", {"layers": []}, {"timezone": "Asia/Tokyo"}, {"team": None}),
    _patched("escalation-policies", EscalationPolicy, "slug", {"steps": []}, _NOBODY, _CY, {"repeat": 3}),
    _patched("channels", Channel, "slug", {"address": "json://127.0.0.1:1/dead"}, {"address": "nosuch://x"}),
    _patched(
        *("services", Service, "slug"),
        *({"escalation_policy": None}, {"team": None}, {"severity_policies": {}}, {"default_severity": "SEV-4"}),
    ),
    _patched("severities", Severity, "level", {"urgency": "low"}, {"ack_timeout_minutes": 1}, {"aware": ["nobody"]}),
    *(
        _deleted_by_api(kind, model, "slug")
        for kind, model in (
            ("teams", Team),
            ("schedules", Schedule),
            ("escalation-policies", EscalationPolicy),
            ("channels", Channel),
            ("services", Service),
        )
    ),
    hole_by_api,
    _half_a_file,
    _edited_file,
    _half_a_file,
    _edited_file,
)

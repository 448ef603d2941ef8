"""What every route of the API answers to whom, asked with real tokens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.urls import get_resolver
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from incidents.models import Incident
from oncall.models import ApiToken, User
from postmortems.models import Postmortem
from tests import calling
from tests.permissions.people import LETTERS, Kinds, fresh
from tests.permissions.story import Story

PREFIX = "api/v1/"
REFUSED = (401, 403, 404, 405)
# Whole, so that only the right decides.
BODIES: dict[str, dict[str, Any]] = {
    "severity": {"level": "SEV-2", "reason": "less bad"},
    "role": {"role": "scribe", "person": "dee"},
    "note": {"text": "Looking."},
    "page": {"person": "cy"},
    "reopen": {"reason": "back"},
    "dismiss": {"reason": "nothing"},
    "comment": {"text": "Good."},
    "assign": {"owner": "cy", "reason": "knows it"},
}


@dataclass(frozen=True)
class Route:
    """`name` as the table writes it: incidents, incidents/…, incidents/…/note; `actions` by method."""

    name: str
    actions: dict[str, str]
    callback: Any

    @property
    def noun(self) -> str:
        return self.name.partition("/")[0]

    @property
    def methods(self) -> list[str]:
        """HEAD is added by the framework with the first GET."""
        return [method.upper() for method in self.actions if method != "head"]


def routes() -> Iterator[Route]:
    """Every address of the API for people, from the resolver."""
    for prefix, pattern in _patterns(get_resolver().url_patterns, ""):
        actions = getattr(pattern.callback, "actions", None)
        if prefix.startswith(PREFIX) and actions:
            path = re.sub(r"\(\?P<\w+>.*?\)(?=/)", "…", prefix.removeprefix(PREFIX))
            yield Route(path.strip("^$").rstrip("/"), dict(actions), pattern.callback)


def _patterns(patterns: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        here = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            if not here.startswith("admin/"):
                yield from _patterns(pattern.url_patterns, here)
        else:
            yield here, pattern


def cells(story: Story, team: str) -> dict[tuple[str, str], str]:
    """Who may, as letters, by route and method; what a call changes is taken back."""
    found: dict[tuple[str, str], str] = {}
    for letter in LETTERS:
        user = story.kinds.of(letter, team)
        client = calling.caller(user)
        for route in routes():
            for method in route.methods:
                status = call(client, story, user, route, method)
                found.setdefault((route.name, method), "")
                if status not in REFUSED:
                    found[route.name, method] += letter
    return found


def cells_of_doors(kinds: Kinds, team: str) -> dict[tuple[str, str], str]:
    """The same by the views' permission classes alone, with a token that writes: without what serializers and verbs
    judge, and a hundred times faster."""
    found: dict[tuple[str, str], str] = {}
    for letter in LETTERS:
        user = fresh(kinds.of(letter, team))
        for route in routes():
            for method in route.methods:
                found.setdefault((route.name, method), "")
                if _passes(route, method, user):
                    found[route.name, method] += letter
    return found


def _passes(route: Route, method: str, user: User) -> bool:
    view = route.callback.cls(**route.callback.initkwargs)
    view.request = Request(APIRequestFactory().generic(method, "/"))
    view.request._user, view.request._auth = user, ApiToken(user=user, scope=ApiToken.Scope.WRITE)
    view.action, view.kwargs = route.actions[method.lower()], {}
    try:
        view.check_permissions(view.request)
    except APIException:
        return False
    return method.lower() in view.http_method_names


def call(client: APIClient, story: Story, user: User, route: Route, method: str) -> int:
    address = f"/{PREFIX}{route.name.replace('…', key_of(story, user, route.noun))}/"
    verb = route.name.rpartition("/")[2]
    body = BODIES.get(verb, {"into": story.finding.number} if verb == "merge" else {})
    try:
        with transaction.atomic():
            answer = client.generic(method, address) if method == "GET" else _write(client, method, address, body)
            status: int = answer.status_code
            raise _Undone
    except _Undone:
        return status


class _Undone(Exception):  # noqa: N818
    """Leaves a transaction without its changes."""


def _write(client: APIClient, method: str, address: str, body: dict[str, Any]) -> Any:
    return getattr(client, method.lower())(address, body)


def key_of(story: Story, user: User, noun: str) -> str:
    """What stands in the address for a row that is nobody's secret; of tokens one's own."""
    if noun == "tokens":
        return str(ApiToken.objects.filter(user=user).latest("pk").pk)
    named = {
        "incidents": Incident.objects.get(pk=story.public.pk).number,
        "services": "checkout",
        "integrations": "Events",
        "severities": "SEV-4",
        "people": "cy",
        "teams": "platform",
        "channels": "room",
        "schedules": "platform",
        "escalation-policies": "platform",
        "postmortems": Postmortem.objects.get(incident=story.public).number,
    }
    labels = {
        "alerts": "incidents.alert",
        "silences": "incidents.silence",
        "maintenance": "incidents.maintenance",
        "action-items": "postmortems.actionitem",
        "postmortem-templates": "postmortems.postmortemtemplate",
    }
    return named.get(noun) or str(story.rows[labels.get(noun, f"oncall.{noun.removesuffix('s')}")])


def as_table(found: dict[tuple[str, str], str]) -> str:
    """The cells as the table writes them."""
    rows: dict[str, list[str]] = {}
    for (name, method), letters in found.items():
        rows.setdefault(name, []).append(f"{method} {letters or '-'}")
    return "\n".join(f"{name}: {', '.join(parts)}" for name, parts in sorted(rows.items()))

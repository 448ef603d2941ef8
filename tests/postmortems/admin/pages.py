"""The page of a postmortem as a browser fills and sends it."""

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from oncall.models import User
from postmortems.models import Postmortem

SignIn = Callable[[User], Client]


def address(row: Postmortem, verb: str = "change") -> str:
    return reverse(f"admin:postmortems_postmortem_{verb}", args=[row.pk])


def filled(client: Client, row: Postmortem, **changed: Any) -> dict[str, Any]:
    """What a browser would send back of the page."""
    context = client.get(address(row)).context
    data: dict[str, Any] = {f"read-{name}": mark for name, mark in context["marks"].items()}
    rows = [form for each in context["lists"].values() for form in each.rows]
    for bound in (bound for form in [context["form"], *rows] for bound in form):
        shown = bound.field.widget.format_value(bound.value())
        value = (shown[0] if shown else "") if isinstance(shown, list) else shown
        if bound.value() is not False and bound.name not in ("remove", "is_cause"):
            data[bound.html_name] = "" if value is None else value
        elif bound.value() is True:
            data[bound.html_name] = "on"
    return data | changed


def typed(client: Client, row: Postmortem, data: dict[str, Any]) -> Any:
    answer = client.post(address(row, "save"), data)
    assert answer.status_code == 200, answer.content
    return answer.json()

"""Opens everything that shows rows: lists, forms, incidents, the API's lists. What broke is named, with its address."""

from collections.abc import Collection, Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from incidents.models import Alert, Incident
from oncall import keys
from oncall.models import Page, User

LISTS = [
    *("incidents", "alerts", "services", "integrations", "severities", "silences", "maintenance", "pages", "people"),
    *("notifications", "teams", "channels", "schedules", "overrides", "leave", "escalation-policies", "holidays"),
    *("tokens", "handoffs", "postmortems", "action-items"),
]
OWN = ("index", "oncall_mine", "oncall_mailbox", "postmortems_postmortem_library")
# What shows the words of senders and of the phone page.
SENT = {Alert, Incident}


def addresses(limit: int | None = None, models: Collection[type[Model]] = ()) -> Iterator[str]:
    """Every page of the console that shows a row, of all models or those named; at most `limit` rows of each model."""
    for name in OWN:
        yield reverse(f"admin:{name}")
    for model in models or admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        rows = model._default_manager.order_by("-pk")
        for page in range(min(rows.count() // 50 + 1, limit or 1_000)):
            yield f"{reverse(f'{name}_changelist')}?p={page + 1}"
        for key in rows.values_list("pk", flat=True)[:limit]:
            yield reverse(f"{name}_change", args=[key])
            if hasattr(model, "history") and limit is None:
                yield reverse(f"{name}_history", args=[key])


def phones() -> Iterator[str]:
    """The phone page of each incident that has a page."""
    for page in Page.objects.filter(subject__startswith="incident:"):
        yield "/p/" + keys.page_link(page.pk, User.objects.get(username="ana").pk, timezone.now()).rsplit("/p/", 1)[1]


def on_phones() -> list[str]:
    """What did not open."""
    client = Client(raise_request_exception=False)
    return [f"{status} {address}" for address in phones() if (status := client.get(address).status_code) != 200]


def in_the_console(client: Client, limit: int | None = None, models: Collection[type[Model]] = ()) -> list[str]:
    """What did not open. A row that is somebody else's secret (the code in a message) leads back to the list."""
    answers = ((address, client.get(address).status_code) for address in addresses(limit, models))
    return [f"{status} {address}" for address, status in answers if status not in (200, 302)]


def in_the_api(client: Any) -> list[str]:
    """Every list, page after page, and every incident's timeline."""
    broken: list[str] = []
    waiting = [f"/api/v1/{name}/?limit=500" for name in LISTS]
    waiting += [f"/api/v1/incidents/{number}/timeline/" for number in Incident.objects.values_list("number", flat=True)]
    while waiting:
        address = waiting.pop()
        answer = client.get(address)
        if answer.status_code != 200:
            broken.append(f"{answer.status_code} {address}")
        elif answer.json()["next"]:
            waiting.append(answer.json()["next"].split("testserver", 1)[1])
    return broken

"""A private incident is nowhere for who is not on it: pages, filters, searches, questions, messages, mail, logs."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.filters import SimpleListFilter
from django.contrib.auth.models import Group
from django.db.models import Q
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from incidents.models import Alert, InboxItem, Incident, Service
from oncall.models import AuditFinding, Channel, EscalationPolicy, Notification, Page
from postmortems.models import ActionItem, Postmortem
from tests import calling
from tests.permissions import admin_cells, api_cells, people
from tests.permissions.story import WORD, Story

SECRET = WORD.encode()
ECHO = re.compile(rb'(=|%3D|value=")zqwx\b')


def client_of(user: Any) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def private_rows(told: Story) -> dict[type, list[int]]:
    subjects = [incident.subject for incident in told.private]
    return {
        Incident: [incident.pk for incident in told.private],
        Alert: list(Alert.objects.filter(incident__private=True).values_list("pk", flat=True)),
        Page: list(Page.objects.filter(subject__in=subjects).values_list("pk", flat=True)),
        Notification: list(Notification.objects.filter(page__subject__in=subjects).values_list("pk", flat=True)),
        AuditFinding: list(AuditFinding.objects.values_list("pk", flat=True)),
        InboxItem: list(InboxItem.objects.values_list("pk", flat=True)),
        Postmortem: list(Postmortem.objects.filter(incident__private=True).values_list("pk", flat=True)),
        ActionItem: list(ActionItem.objects.filter(postmortem__incident__private=True).values_list("pk", flat=True)),
    }


# Where private words lie, and what would take such rows with it when it is deleted.
NEAREST = {
    *(Incident, Alert, Page, Notification, AuditFinding, InboxItem, Service, EscalationPolicy, Postmortem, ActionItem)
}


def of_models(told: Story, models: Any = None, most: int | None = None) -> Iterator[str]:
    """Lists with the counts of their filters, and searched; every row that could tell, its history, its deletion."""
    rows = private_rows(told)
    for model, page in admin.site._registry.items():
        if models and model not in models:
            continue
        name = f"admin:{model._meta.label_lower.replace('.', '_')}"
        yield reverse(f"{name}_changelist") + "?_facets=True"
        yield reverse(f"{name}_changelist") + "?" + urlencode({"q": WORD})
        for key in dict.fromkeys([told.rows[model._meta.label_lower], *rows.get(model, [])[:most]]):
            yield reverse(f"{name}_change", args=[key])
        if hasattr(model, "history") or model is Incident:
            yield reverse(f"{name}_history", args=[told.rows[model._meta.label_lower]])
        if page.has_delete_permission(admin_cells.request_of(told.kinds.of("M"))):
            yield reverse(f"{name}_delete", args=[told.rows[model._meta.label_lower]])


def of_our_own(told: Story) -> Iterator[str]:
    """The first page, the mailbox, the search, every verb's form, what scripts ask for."""
    yield from (reverse(f"admin:{name}") for name in ("index", "oncall_mine", "oncall_mailbox"))
    yield from (reverse("admin:app_list", args=[label]) for label in ("incidents", "oncall", "postmortems"))
    yield from (f"{reverse('admin:search')}?{urlencode({'s': word, **more})}" for word in _said() for more in _WAYS)
    page = admin.site._registry[Incident]
    for pattern in page.get_urls():
        if pattern.name and "<int:pk>" in str(pattern.pattern):
            yield reverse(f"admin:{pattern.name}", args=[told.hidden.pk])
    yield reverse("admin:incidents_incident_merge", args=[told.finding.pk])
    yield reverse("admin:postmortems_actionitem_board")
    yield f"{reverse('admin:postmortems_postmortem_library')}?{urlencode({'q': WORD, 'kind': 'all'})}"
    yield f"{reverse('admin:postmortems_postmortem_add')}?incident={told.hidden.number}"
    for model, rows in private_rows(told).items():
        if model in (Postmortem, ActionItem):
            for pattern in admin.site._registry[model].get_urls():
                if pattern.name and "<int:pk>" in str(pattern.pattern):
                    yield from (reverse(f"admin:{pattern.name}", args=[row]) for row in rows)


_WAYS: tuple[dict[str, str], ...] = ({}, {"extended": "1"})


def _said() -> tuple[str, ...]:
    return (WORD, "INC-")


def autocompletes() -> Iterator[str]:
    """What every reference of every model offers while one types."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            known = field.is_relation and not field.auto_created and field.related_model in admin.site._registry
            if known and admin.site._registry[field.related_model].search_fields:
                at = {"app_label": model._meta.app_label, "model_name": model._meta.model_name}
                for term in (WORD, ""):
                    yield f"{reverse('admin:autocomplete')}?{urlencode({**at, 'field_name': field.name, 'term': term})}"


def of_the_api(told: Story) -> Iterator[str]:
    rows = private_rows(told)
    for route in api_cells.routes():
        if "GET" in route.methods and "…" not in route.name:
            yield f"/api/v1/{route.name}/?limit=500"
            yield f"/api/v1/{route.name}/?search={WORD}"
    for incident in told.private:
        yield f"/api/v1/incidents/{incident.number}/"
        yield f"/api/v1/incidents/{incident.number}/timeline/"
        for noun in ("alerts", "pages", "notifications"):
            yield f"/api/v1/{noun}/?incident={incident.number}"
    for number in Postmortem.objects.filter(incident__private=True).values_list("number", flat=True):
        yield from (f"/api/v1/postmortems/{number}/{more}" for more in ("", "readiness/", "events/", "export/"))
        yield f"/api/v1/action-items/?postmortem={number}"
    nouns = (("alerts", Alert), ("pages", Page), ("notifications", Notification), ("action-items", ActionItem))
    for noun, model in nouns:
        yield from (f"/api/v1/{noun}/{key}/" for key in rows[model])
    yield "/api/v1/incidents/?dedup_key=zqwxkey"
    yield "/api/v1/alerts/?dedup_key=zqwxkey"
    yield "/api/v1/incidents/?private=true"


def telling(client: Client | APIClient, addresses: Iterator[str]) -> list[str]:
    """Where a word of the private incident is read, or a page breaks. What was asked for is said back by design."""
    found = []
    for address in dict.fromkeys(addresses):
        answer = client.get(address)
        body = ECHO.sub(b"", answer.content)
        if SECRET in body or answer.status_code >= 500:
            found.append(f"{answer.status_code} {address}: {body.partition(SECRET)[2][:20]!r}")
    return found


def test_the_nearest_pages_of_the_console_tell_nothing_of_a_private_incident(told: Story) -> None:
    """A Manager sees most of all who may not see what is private."""
    client = client_of(told.kinds.of("M", "own"))
    assert telling(client, of_models(told, NEAREST, 3)) + telling(client, of_our_own(told)) == []


@pytest.mark.services
@pytest.mark.thorough
@pytest.mark.parametrize("letter", "VRICMN")
def test_no_page_of_the_console_tells_of_a_private_incident(told: Story, letter: str) -> None:
    client = client_of(told.kinds.of(letter, "own"))
    assert telling(client, of_models(told)) + telling(client, of_our_own(told)) == []


@pytest.mark.services
@pytest.mark.thorough
@pytest.mark.parametrize("letter", "VRICMN")
def test_no_choice_and_no_answer_of_the_api_tells_either(told: Story, letter: str) -> None:
    assert telling(client_of(told.kinds.of(letter)), autocompletes()) == []
    assert telling(calling.caller(told.kinds.of(letter)), of_the_api(told)) == []


def test_who_may_see_it_does(told: Story) -> None:
    """Else the tests above would prove nothing."""
    incident = reverse("admin:incidents_incident_change", args=[told.hidden.pk])
    for user in (told.kinds.of("S"), told.company.ana):
        user.groups.add(Group.objects.get(name="Viewer"))
        assert len(telling(client_of(people.fresh(user)), iter([incident]))) == 1
    lists = [f"/api/v1/{noun}/?limit=500" for noun in ("incidents", "alerts", "pages", "postmortems", "action-items")]
    assert len(telling(calling.caller(told.kinds.of("S")), iter(lists))) == len(lists)


def filters_of(page: Any) -> set[str]:
    named = set()
    for item in page.list_filter:
        if isinstance(item, type) and issubclass(item, SimpleListFilter):
            named.add(item.parameter_name)
        else:
            named.add(item[0] if isinstance(item, tuple) else item)
    return named


def test_lists_cannot_be_asked_for_columns_that_they_do_not_filter_by(told: Story) -> None:
    """Else addresses, links' tokens and titles could be guessed letter by letter."""
    request = admin_cells.request_of(told.kinds.of("M"))
    allowed = []
    for model, page in admin.site._registry.items():
        for field in model._meta.get_fields():
            for lookup in ("", "__startswith", "__gt", "__id", "__title__startswith", "__isnull"):
                name = field.name + lookup
                if page.lookup_allowed(name, "x", request) and field.name not in {
                    *(each.partition("__")[0] for each in filters_of(page)),
                    page.date_hierarchy,
                }:
                    allowed.append(f"{model._meta.label_lower}?{name}")
    assert allowed == []


def test_a_guess_at_an_address_or_a_link_is_refused(told: Story) -> None:
    Channel.objects.update(address="slack://secret-a/secret-b/secret-c")
    client = client_of(told.kinds.of("V"))
    guesses = [("oncall_channel", "address"), ("oncall_notification", "link"), ("incidents_alert", "dedup_key")]
    for name, column in guesses:
        assert client.get(reverse(f"admin:{name}_changelist") + f"?{column}__startswith=s").status_code == 400


def test_shared_addresses_are_sent_nothing_of_a_private_incident(told: Story) -> None:
    """What was sent while it was public is gone; what waits when it turns private says no more than it may."""
    unsent = Notification.objects.filter(person=None, sent_at=None)
    assert unsent.filter(channel__isnull=False, page__subject=told.hidden.subject).exists()
    since = Q(created_at__gte=told.merged.opened_at) | Q(pk__in=unsent)
    rows = Notification.objects.filter(since, person=None)
    assert [row.title for row in rows if WORD in row.title + row.text + row.link] == []


def test_people_who_are_only_made_aware_read_no_private_words(told: Story) -> None:
    rows = Notification.objects.filter(kind="aware", created_at__gte=told.merged.opened_at)
    assert rows.exists()
    assert [row.title for row in rows if WORD in row.title + row.text] == []


def test_logs_hold_no_words_of_incidents(told: Story, ear: Any) -> None:
    assert any("notification" in line for line in ear.lines)
    assert [line for line in ear.lines if WORD in line] == []

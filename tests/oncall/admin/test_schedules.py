"""Edits split the running shift where they happen; the roster shows who is on call and who is missing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from oncall.engine import shifts
from oncall.models import ContactMethod, DeclaredGap, LayerMember, Override, Schedule, Shift, User
from tests import cast
from tests.oncall.admin.forms import complaints, saved, shown

SCREEN_LIMIT = 16


@pytest.fixture
def client(boss: User, signed_in: Callable[..., Client]) -> Client:
    return signed_in(boss)


@pytest.fixture
def running(company: cast.Platform) -> cast.Platform:
    """The present shifts are recorded, as the engine does within seconds."""
    shifts.settle([company.schedule.pk], timezone.now())
    return company


def primaries(company: cast.Platform) -> list[tuple[str, bool]]:
    """Who had the primary, in order, and whether that is over."""
    rows = Shift.objects.filter(layer=company.primary).order_by("starts_at", "id")
    return [(row.username, row.ends_at <= timezone.now()) for row in rows]


def test_an_override_splits_the_running_shift(running: cast.Platform, client: Client) -> None:
    add = f"{reverse('admin:oncall_override_add')}?schedule={running.schedule.pk}&layer={running.primary.pk}"
    answer = saved(client, add, add=running.cy.pk, remove=running.ana.pk)
    assert answer.status_code == 302, complaints(answer)
    assert primaries(running) == [("ana", True), ("cy", False)]


def test_taking_an_override_back_splits_again(running: cast.Platform, client: Client) -> None:
    add = f"{reverse('admin:oncall_override_add')}?schedule={running.schedule.pk}"
    saved(client, add, add=running.cy.pk, remove=running.ana.pk)
    address = reverse("admin:oncall_override_delete", args=[Override.objects.get().pk])
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert primaries(running) == [("ana", True), ("cy", True), ("ana", False)]


def test_deleting_overrides_by_action_splits_too(running: cast.Platform, client: Client) -> None:
    add = f"{reverse('admin:oncall_override_add')}?schedule={running.schedule.pk}"
    saved(client, add, add=running.cy.pk, remove=running.ana.pk)
    chosen = {"action": "delete_selected", "_selected_action": [Override.objects.get().pk], "post": "yes"}
    client.post(reverse("admin:oncall_override_changelist"), chosen)
    assert primaries(running)[-1] == ("ana", False)


def test_leave_passes_the_turn_at_once(running: cast.Platform, client: Client) -> None:
    now = timezone.now()
    page = shown(client, reverse("admin:oncall_leave_add"))
    times = {
        "starts_at_0": str((now - timedelta(days=1)).date()), "starts_at_1": "00:00",
        "ends_at_0": str((now + timedelta(days=2)).date()), "ends_at_1": "00:00",
    }  # fmt: skip
    answer = client.post(reverse("admin:oncall_leave_add"), {**page, **times, "user": running.ana.pk})
    assert answer.status_code == 302, complaints(answer)
    assert primaries(running) == [("ana", True), ("bo", False)]


def test_deactivating_somebody_passes_their_turn_at_once(running: cast.Platform, client: Client) -> None:
    address = reverse("admin:oncall_user_change", args=[running.ana.pk])
    page = shown(client, address)
    page.pop("is_active")
    assert client.post(address, page).status_code == 302
    assert primaries(running) == [("ana", True), ("bo", False)]


def test_members_of_a_layer_are_edited_on_the_schedules_page(running: cast.Platform, client: Client) -> None:
    address = reverse("admin:oncall_schedule_change", args=[running.schedule.pk])
    answer = saved(client, address, **{"layers-0-members-0-user": str(running.dee.pk)})
    assert answer.status_code == 302, complaints(answer)
    assert LayerMember.objects.get(layer=running.primary, position=0).user == running.dee
    assert primaries(running) == [("ana", True), ("dee", False)]
    assert running.schedule.layers.count() == 2


def test_a_layer_with_members_is_added_in_one_go(company: cast.Platform, client: Client) -> None:
    address = reverse("admin:oncall_schedule_change", args=[company.schedule.pk])
    new = {
        "layers-TOTAL_FORMS": "3",
        "layers-2-name": "third", "layers-2-position": "2", "layers-2-unit": "daily", "layers-2-length": "1",
        "layers-2-start_at_0": "2026-01-05", "layers-2-start_at_1": "10:00",
        "layers-2-members-TOTAL_FORMS": "1", "layers-2-members-INITIAL_FORMS": "0",
        "layers-2-members-0-position": "0", "layers-2-members-0-user": str(company.dee.pk),
    }  # fmt: skip
    answer = saved(client, address, **new)
    assert answer.status_code == 302, complaints(answer)
    assert list(company.schedule.layers.get(name="third").members.values_list("user", flat=True)) == [company.dee.pk]


def test_who_made_a_change_is_kept_with_it(company: cast.Platform, client: Client, boss: User) -> None:
    saved(client, reverse("admin:oncall_schedule_change", args=[company.schedule.pk]), name="Core")
    newest = company.schedule.history.first()
    assert (newest.name, newest.history_user) == ("Core", boss)


def test_an_override_that_makes_no_sense_is_refused(company: cast.Platform, client: Client) -> None:
    other = cast.schedule("Payments", {"primary": [company.dee]}, timezone.now())
    add = f"{reverse('admin:oncall_override_add')}?schedule={company.schedule.pk}"
    assert "Name who takes over" in complaints(saved(client, add, add="", remove=""))
    assert "same person" in complaints(saved(client, add, add=company.ana.pk, remove=company.ana.pk))
    assert "another schedule" in complaints(saved(client, add, layer=other.layers.get().pk))
    assert "after the start" in complaints(saved(client, add, ends_at_0="2020-01-01"))
    assert not Override.objects.exists()


def test_the_roster_names_who_is_on_call_and_who_cannot_be_reached(company: cast.Platform, client: Client) -> None:
    ContactMethod.objects.filter(user=company.bo).update(verified_at=None)
    page = client.get(reverse("admin:oncall_schedule_roster", args=[company.schedule.pk]))
    first, second = page.context_data["layers"]
    assert [(span.name, span.reachable) for span in first.now] == [("Ana", True)]
    assert [(span.name, span.reachable) for span in second.now] == [("Bo", False)]
    assert "not reachable yet" in page.content.decode()


def test_the_roster_shows_gaps_as_text_and_declared_ones_apart(company: cast.Platform, client: Client) -> None:
    now = timezone.now()
    company.primary.until_at = now + timedelta(days=3)
    company.primary.save()
    DeclaredGap.objects.create(
        schedule=company.schedule, starts_at=now + timedelta(days=5), ends_at=now + timedelta(days=6)
    )
    page = client.get(reverse("admin:oncall_schedule_roster", args=[company.schedule.pk]))
    layer = page.context_data["layers"][0]
    assert [span.kind for span in layer.spans if span.kind != "shift"] == ["gap", "declared", "gap"]
    assert "nobody: gap" in page.content.decode()
    assert layer.spans[-1].until_x == 1000


def test_the_roster_costs_a_bounded_number_of_queries(running: cast.Platform, signed_in: Callable[..., Client]) -> None:
    client = signed_in(running.cy, "Viewer")
    address = reverse("admin:oncall_schedule_roster", args=[running.schedule.pk])
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    assert len(queries) <= SCREEN_LIMIT


def test_the_roster_is_for_who_may_see_schedules(company: cast.Platform, signed_in: Callable[..., Client]) -> None:
    address = reverse("admin:oncall_schedule_roster", args=[company.schedule.pk])
    assert signed_in(company.cy).get(address).status_code == 403
    assert signed_in(company.cy, "Viewer").get(address).status_code == 200


def test_a_viewers_roster_has_no_cover_button(company: cast.Platform, signed_in: Callable[..., Client]) -> None:
    address = reverse("admin:oncall_schedule_roster", args=[company.schedule.pk])
    assert "Cover" not in signed_in(company.cy, "Viewer").get(address).content.decode()
    assert "Cover" in signed_in(company.cy, "Responder").get(address).content.decode()


def test_an_empty_schedule_says_that_nobody_is_on_call(client: Client) -> None:
    rota = Schedule.objects.create(name="Empty", slug="empty")
    page = client.get(reverse("admin:oncall_schedule_roster", args=[rota.pk])).content.decode()
    assert "has no layer" in page

"""Two people at one form: the second is told what the first changed, and undoes nothing of it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from oncall.models import User
from tests import cast
from tests.oncall.admin.forms import complaints, saved, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(boss: User, signed_in: Callable[..., Client]) -> Client:
    return signed_in(boss)


def address(company: cast.Platform) -> str:
    return reverse("admin:oncall_schedule_change", args=[company.schedule.pk])


def test_a_stale_form_is_told_who_changed_what_and_writes_nothing(company: cast.Platform, client: Client) -> None:
    mine = shown(client, address(company))
    assert saved(client, address(company), name="Renamed by another").status_code == 302

    answer = client.post(address(company), {**mine, "name": "Mine"})
    assert answer.status_code == 200
    said = complaints(answer)
    assert "Nothing was saved" in said
    assert "Changed Name" in said
    company.schedule.refresh_from_db()
    assert company.schedule.name == "Renamed by another"
    # Saying it twice does not help; a form opened anew does.
    again = client.post(address(company), {**mine, "name": "Mine"})
    assert "Nothing was saved" in complaints(again)
    assert saved(client, address(company), name="Mine").status_code == 302


def test_a_change_beneath_it_and_not_by_the_console_is_told_too(company: cast.Platform, client: Client) -> None:
    mine = shown(client, address(company))
    company.primary.name = "first line"
    company.primary.save()
    said = complaints(client.post(address(company), {**mine, "name": "Mine"}))
    assert "changed name of layer" in said


def test_a_save_that_changed_nothing_disturbs_nobody(company: cast.Platform, client: Client) -> None:
    mine = shown(client, address(company))
    assert saved(client, address(company)).status_code == 302
    assert client.post(address(company), {**mine, "name": "Mine"}).status_code == 302

"""One click opens the team's tracker, and nothing a sender wrote can turn that address into another."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from incidents.admin.incident.tracker import ticket_link
from incidents.models import Incident
from oncall.api.teams import TeamSerializer
from oncall.config.teams import TeamShape
from tests import cast

pytestmark = pytest.mark.django_db


def link(company: cast.Platform, opened: Callable[..., Incident], url: str, rank: int = 4, title: str = "Logo") -> str:
    company.team.tracker_url = url
    company.team.save()
    pk = opened(rank, title).pk
    return ticket_link(Incident.objects.select_related("service__team", "severity").get(pk=pk))


def test_the_address_is_filled_in(company: cast.Platform, opened: Callable[..., Incident]) -> None:
    address = link(company, opened, "https://tracker.example.org/new?t={title}&d={description}&l={link}", title="A & B")
    assert address.startswith("https://tracker.example.org/new?t=%5BINC-2026-0001%5D%20A%20%26%20B&d=SEV-4%20on%20")
    assert "%2Fadmin%2Fincidents%2Fincident%2F" in address


def test_a_title_cannot_add_a_place_or_a_parameter(company: cast.Platform, opened: Callable[..., Incident]) -> None:
    address = link(company, opened, "https://t.example.org/?t={title}", title="{link}&x=1#y")
    assert address.endswith("%7Blink%7D%26x%3D1%23y")


@pytest.mark.parametrize("url", ["javascript:alert({title})", "data:text/html,{title}", "//t.example.org/{title}", ""])
def test_only_web_addresses_become_links(company: cast.Platform, opened: Callable[..., Incident], url: str) -> None:
    assert link(company, opened, url) == ""


def test_what_pages_people_needs_no_ticket(company: cast.Platform, opened: Callable[..., Incident]) -> None:
    assert link(company, opened, "https://t.example.org/?t={title}", rank=2) == ""


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", "data:text/html,x", "ftp://tracker.example.org/", "//tracker.example.org/", "tracker"),
        *(
            "https://",
            "https:///new",
            "https://{title}.example.org/",
            "https://tracker{title}/",
        ),
    ],
)
def test_an_address_that_is_not_of_the_web_is_refused_at_every_door(company: cast.Platform, address: str) -> None:
    company.team.tracker_url = address
    with pytest.raises(ValidationError, match="Begin with https://"):
        company.team.full_clean()
    refused = TeamSerializer(company.team, data={"tracker_url": address}, partial=True)
    assert not refused.is_valid()
    assert set(refused.errors) == {"tracker_url"}
    with pytest.raises(ValueError, match="Begin with https://"):
        TeamShape(slug="platform", name="Platform", tracker_url=address)

"""Addresses are checked where they are typed; another address is verified anew; secrets are not shown."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from oncall.models import Channel, ContactMethod, User
from tests import cast
from tests.oncall.admin.forms import complaints, saved, shown


@pytest.fixture
def client(boss: User, signed_in: Callable[..., Client]) -> Client:
    return signed_in(boss)


def person_page(person: User) -> str:
    return reverse("admin:oncall_user_change", args=[person.pk])


@pytest.mark.parametrize(
    ("kind", "address", "told"),
    [
        ("apprise", "json://127.0.0.1/hook", "OUTBOUND_ALLOW"),
        ("apprise", "syslog://localhost", "not allowed"),
        ("apprise", "ntfy://169.254.169.254/topic", "OUTBOUND_ALLOW"),
        ("email", "a@b.example,c@d.example", "one plain address"),
    ],
)
def test_a_forbidden_address_is_an_error_of_its_field(
    company: cast.Platform, client: Client, kind: str, address: str, told: str
) -> None:
    changed = {"contact_methods-0-kind": kind, "contact_methods-0-address": address}
    answer = saved(client, person_page(company.ana), **changed)
    assert answer.status_code == 200
    assert told in complaints(answer)
    assert company.ana.contact_methods.get().address == "ana@example.org"


def test_another_address_must_be_verified_anew(company: cast.Platform, client: Client) -> None:
    answer = saved(client, person_page(company.ana), **{"contact_methods-0-address": "new@example.org"})
    assert answer.status_code == 302, complaints(answer)
    method = company.ana.contact_methods.get()
    assert (method.address, method.verified_at) == ("new@example.org", None)


def test_what_was_left_alone_stays_verified(company: cast.Platform, client: Client) -> None:
    secret = "ntfys://ntfy.sh/ana-pages-4821"
    method = cast.contact(company.ana, "push", secret)
    page = shown(client, person_page(company.ana))
    assert secret not in page.values()
    answer = saved(client, person_page(company.ana), name="Ana D.")
    assert answer.status_code == 302, complaints(answer)
    method.refresh_from_db()
    assert method.address == secret
    assert method.verified_at is not None


def test_the_verified_flag_cannot_be_set_by_hand(company: cast.Platform, client: Client) -> None:
    ContactMethod.objects.update(verified_at=None)
    changed = {"contact_methods-0-verified_at": "2026-01-01", "contact_methods-0-verified": "on"}
    assert saved(client, person_page(company.ana), name="Ana D.", **changed).status_code == 302
    assert company.ana.contact_methods.get().verified_at is None


def test_a_name_twice_is_an_error_of_the_form(company: cast.Platform, client: Client) -> None:
    cast.contact(company.ana, "push", "ntfys://ntfy.sh/ana-pages-4821")
    answer = saved(client, person_page(company.ana), **{"contact_methods-1-slug": "mail"})
    assert answer.status_code == 200


def test_a_channel_keeps_its_secret_and_refuses_internal_hosts(client: Client) -> None:
    channel = cast.channel("Room", "slack://TokenA/TokenB/TokenC/#ops")
    address = reverse("admin:oncall_channel_change", args=[channel.pk])
    assert "TokenB" not in client.get(address).content.decode()
    assert saved(client, address, name="Ops").status_code == 302
    channel.refresh_from_db()
    assert (channel.name, channel.address) == ("Ops", "slack://TokenA/TokenB/TokenC/#ops")
    answer = saved(client, address, address="json://10.0.0.1/x")
    assert "OUTBOUND_ALLOW" in complaints(answer)


def test_a_plain_address_of_a_channel_becomes_mail(client: Client) -> None:
    add = reverse("admin:oncall_channel_add")
    answer = client.post(add, {**shown(client, add), "name": "Room", "slug": "room", "address": "room@example.org"})
    assert answer.status_code == 302, complaints(answer)
    assert Channel.objects.get().address == "mailto:room@example.org"
    again = reverse("admin:oncall_channel_change", args=[Channel.objects.get().pk])
    assert saved(client, again, name="Room 2").status_code == 302
    assert Channel.objects.get().address == "mailto:room@example.org"

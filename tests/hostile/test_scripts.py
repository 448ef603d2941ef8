"""Scripts in mails and in addresses: the HTML part of a mail holds none, and nothing typed becomes a link that runs."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest

from incidents.adapters import reading
from incidents.admin.incident.tracker import ticket_link
from incidents.models import Incident, Severity
from tests import calling
from tests.hostile.doors import Town
from tests.hostile.mailing import sent
from tests.hostile.scripts import ADDRESSES, SCRIPTS


class _Marks(HTMLParser):
    """Every element and attribute of a document."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {(tag, ""), *((tag, name) for name, _value in attrs)}
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]


def marks(**fields: Any) -> _Marks:
    """What the HTML part of such a mail consists of."""
    parts = [part for part in sent(**fields).walk() if part.get_content_type() == "text/html"]
    read = _Marks()
    read.feed(parts[0].get_payload(decode=True).decode())
    return read


@pytest.mark.parametrize("field", ["subject", "text", "person"])
def test_no_script_is_markup_in_a_mail(field: str) -> None:
    usual = marks(link="https://example.org/p/x/", **{field: "https://example.org/a words"})
    for script in (*SCRIPTS[::29], "\n".join(SCRIPTS), "\n".join(ADDRESSES)):
        read = marks(link="https://example.org/p/x/", **{field: script})
        assert read.found <= usual.found | {("a", ""), ("a", "href"), ("br", "")}, script
        assert all(link.startswith(("http://", "https://")) for link in read.links), script


@pytest.mark.parametrize("address", ADDRESSES, ids=ascii)
def test_no_sender_links_to_what_runs(address: str) -> None:
    for link in reading.links([(address, "x"), (f"{address}#https://example.org", "x")]):
        parts = urlsplit(link["href"])
        assert parts.scheme in ("http", "https")
        assert parts.hostname


@pytest.mark.services
def test_no_colleague_makes_a_link_that_runs(attacked: Town) -> None:
    """A runbook's address is refused at its door, a tracker's, which has places to fill in, is no link."""
    caller = calling.caller(attacked.boss)
    for address in ADDRESSES:
        for text in (address, address + "{title}"):
            caller.patch("/api/v1/services/checkout/", {"runbook_url": text}, format="json")
            caller.patch("/api/v1/teams/platform/", {"tracker_url": text}, format="json")
            incident = Incident.objects.select_related("service__team", "severity").get(pk=attacked.incident.pk)
            incident.severity.page = Severity.Paging.NEVER
            for link in filter(None, [incident.service.runbook_url, ticket_link(incident)]):
                assert urlsplit(link).scheme in ("http", "https"), text
                assert link.lower().startswith(("http://", "https://")), text

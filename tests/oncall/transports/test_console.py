"""Promises of oncall/transports/console.py."""

import io
from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from oncall.transports import REGISTRY, for_address
from oncall.transports.base import Message
from oncall.transports.console import ConsoleTransport


def test_a_message_appears_boxed_with_its_link_whole(message: Message) -> None:
    out = io.StringIO()
    link = "https://incidents.example.org/p/" + "a" * 100 + "/"
    assert ConsoleTransport(out).send(replace(message, link=link, text="word " * 60), timeout=1).ok
    lines = out.getvalue().splitlines()
    assert any(message.subject in line for line in lines)
    assert any("to Ana <ana@example.org>" in line for line in lines)
    assert any(link in line for line in lines)
    assert {len(line) for line in lines if line and link not in line} == {78}


def test_a_sender_cannot_steer_the_terminal(message: Message) -> None:
    out = io.StringIO()
    hostile = replace(message, subject="a\x1b]0;owned\x07b\nc", text="x\x1b[2J\x9b31m\ry\u202e", person="\x1b[1m")
    assert ConsoleTransport(out).send(hostile, timeout=1).ok
    assert not set(out.getvalue()) & set("\x1b\x07\x9b\r\u202e")


@pytest.mark.parametrize(
    ("address", "demo", "name"),
    [
        ("ana@example.org", True, "console"),
        ("ana@example.org", False, "email"),
        ("mailto:ops@example.org", False, "email"),
        ("slack://T1/A1/x", True, "apprise"),
        ("mailtos://u:p@example.org", False, "apprise"),
        ("json://hooks.example.org/", False, "apprise"),
    ],
)
def test_an_address_chooses_its_transport(settings: Settings, address: str, demo: bool, name: str) -> None:
    settings.CONSOLE_TRANSPORT = demo
    assert for_address(address).name == name
    assert REGISTRY[name].accepts(address)

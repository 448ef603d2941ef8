"""No spelling of an address, on save or at sending, opens a connection to loopback or a private network."""

import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from oncall.documents.kinds import address_problem
from oncall.logic.addresses import AddressError, is_forbidden_ip, parse
from oncall.outbound import OutboundRefused, check_address, guarded_connections, post
from oncall.transports import Message, for_address
from tests.oncall.provider import Names, Provider

# Numbers in every notation, IPv6 in every wrapping, what two parsers read as two hosts, names that lead inside.
HOSTS = [
    *("127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "127.0.0.1.", "2130706433", "017700000001", "0177.0.0.1"),
    *("0x7f000001", "0x7f.0.0.1", "0X7F.1", "127.0.0.01", "00.0.0.0", "0", "0.0.0.0", "127.0.0.1%00", "[127.0.0.1]"),
    *("10.0.0.1", "012.0.0.1", "10.1", "167772161", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.1"),
    *("169.254.169.254", "2852039166", "0xa9fea9fe", "100.64.0.1", "100.100.100.200", "168.63.129.16", "198.18.0.1"),
    *("224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "192.0.0.192", "[::]", "[::1]", "[0::1]"),
    *("[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::127.0.0.1]", "[::7f00:1]"),
    *("[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:a00:1::1]"),
    *("[2001:0:7f00:1::]", "[fe80::1]", "[fe80::1%25lo]", "[fe80::1%lo]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]"),
    *(
        "[ff02::1]",
        "[ff01::1]",
        "[::ffff:0:127.0.0.1]",
        "[5f00::1]",
        "[100::1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
    ),
    *("x.localhost", "１２７.0.0.1", "127。0。0。1", "①②⑦.⓪.⓪.①", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "loc\u00adalhost", "local\u200bhost"),
    *("8.8.8.8@127.0.0.1", "8.8.8.8:80@127.0.0.1", "127.0.0.1#@8.8.8.8", "127.0.0.1\\@8.8.8.8", "%31%32%37.0.0.1"),
    *("inside.test", "mixed.test", "mapped.test", "meta.test", "8.8.8.8 127.0.0.1", "127.0.0.1\t", "127.0.0.1%0d%0a"),
]
FORMS = [
    "json://{}:{port}/x", "form://{}:{port}/x", "xml://u:p@{}:{port}/x", "ntfy://{}:{port}/topic?mode=private",
    "gotify://{}:{port}/AbCdEfGhIjKlMnO", "mmost://{}:{port}/3ccdd113474722377935511fc85d3dd4", "mailto://u:p@{}:{port}?to=a@b.org",
    "mailto://u:p@8.8.8.8:{port}?smtp={}&to=a@b.org",
]  # fmt: skip
_opened: list[str] | None = None


def _note(event: str, args: tuple[Any, ...]) -> None:
    """Every connection of the process that leads inside, wherever it is opened."""
    if (
        _opened is not None
        and event == "socket.connect"
        and isinstance(args[1], tuple)
        and is_forbidden_ip(str(args[1][0]))
    ):
        _opened.append(str(args[1][0]))


@pytest.fixture
def opened() -> Iterator[list[str]]:
    global _opened
    if not getattr(sys, "_hostile_hook", False):
        with guarded_connections(None):
            pass  # the guard's own hook comes first: what it refuses is never opened, and ours does not hear of it
        sys.addaudithook(_note)
        sys._hostile_hook = True  # type: ignore[attr-defined]
    _opened = []
    yield _opened
    _opened = None


@pytest.fixture(autouse=True)
def inside(names: Names) -> None:
    names.answers |= {
        "inside.test": [["127.0.0.1"]],
        "mixed.test": [["8.8.8.8", "127.0.0.1"]],
        "mapped.test": [["::ffff:127.0.0.1"]],
        "meta.test": [["169.254.169.254"]],
    }


def test_there_are_enough_of_them() -> None:
    assert len(set(HOSTS)) == len(HOSTS) >= 60


@pytest.mark.parametrize("form", FORMS)
def test_none_is_saved_and_none_is_called(form: str, opened: list[str], provider: Provider) -> None:
    for host in HOSTS:
        address = form.format(host, port=provider.port)
        with pytest.raises((AddressError, OutboundRefused)):
            check_address(address)
        receipt = for_address(address).send(Message("k", address, "s", "t"), timeout=2)
        assert not receipt.ok, address
    assert (opened, provider.requests) == ([], [])


def test_the_guarded_client_calls_none(opened: list[str], provider: Provider) -> None:
    for scheme in ("http", "https"):
        for host in HOSTS:
            with pytest.raises(OutboundRefused):
                post(f"{scheme}://{host}:{provider.port}/", b"x", {}, timeout=2)
    assert (opened, provider.requests) == ([], [])


@pytest.mark.parametrize("turns", [1, 2])
@pytest.mark.parametrize("form", [form for form in FORMS if "8.8.8.8" not in form])
def test_a_name_that_turns_inside_after_it_was_checked_is_not_called(
    form: str, turns: int, opened: list[str], provider: Provider, names: Names
) -> None:
    """It answers with a public address to the look-up of saving, or also to ours at sending, and then leads inside."""
    address = form.format("turning.test", port=provider.port)
    names.answers["turning.test"] = [["192.0.32.8"]] * turns + [["127.0.0.1"]]
    check_address(address)
    if turns == 2 and parse(address).callback:
        return  # our own client asks once and connects to just that answer: no second look-up to turn
    assert not for_address(address).send(Message("k", address, "s", "t"), timeout=2).ok
    assert (opened, provider.requests) == ([], [])


@pytest.mark.parametrize("host", [host for host in HOSTS if not host.endswith(".test")])
def test_documents_refuse_what_is_internal_as_written(host: str, names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*args: object, **kwargs: object) -> None:
        raise AssertionError("`config check` looks nothing up")

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    for kind in ("apprise", "channel"):
        assert address_problem(kind, f"json://{host}/x") != ""


def test_documents_take_what_the_operator_allows(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1", "localhost"]
    assert address_problem("apprise", "json://127.0.0.1:9/x") == ""
    assert address_problem("apprise", "json://localhost/x") == ""
    assert address_problem("apprise", "json://127.0.0.2/x") != ""

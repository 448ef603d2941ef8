"""Public addresses that lead on, over several hops, to one of our own network: nobody follows, nobody gets there.

127.0.0.2 and 127.0.0.3 stand for public servers: they are on OUTBOUND_ALLOW, 127.0.0.1 is not.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from oncall.outbound import guarded_connections, post
from oncall.transports import Message, for_address
from tests.oncall.provider import Provider, serving

PUBLIC = ("127.0.0.2", "127.0.0.3", "127.0.0.2")
STATUSES = [301, 302, 303, 307, 308]
FORMS = ["json://{}/x", "form://{}/x", "xml://{}/x", "ntfy://{}/topic?mode=private", "gotify://{}/AbCdEfGhIjKlMnO"]
INSIDE = [
    "http://127.0.0.1:{}/",
    "//127.0.0.1:{}/",
    "http://localhost:{}/",
    "http://2130706433:{}/",
    "http://[::1]:{}/",
]


@pytest.fixture(autouse=True)
def public(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = sorted(set(PUBLIC))


@pytest.fixture
def chain(provider: Provider) -> Iterator[list[Provider]]:
    """Three public servers, each leading to the next, the last one to `provider` within."""
    with ExitStack() as stack:
        hops = [stack.enter_context(serving(host=host)) for host in PUBLIC]
        yield hops


def lead(hops: list[Provider], provider: Provider, status: int, inside: str) -> str:
    """The first hop's host and port."""
    further = [f"http://{host}:{hop.port}/" for host, hop in zip(PUBLIC, hops, strict=True)]
    for hop, place in zip(hops, [*further[1:], inside.format(provider.port)], strict=True):
        hop.status, hop.headers = status, {"Location": place}
    return further[0].removeprefix("http://").rstrip("/")


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("inside", INSIDE)
def test_our_own_client_follows_nobody(chain: list[Provider], provider: Provider, status: int, inside: str) -> None:
    first = lead(chain, provider, status, inside)
    assert post(f"http://{first}/", b"x", {}, timeout=2).status == status
    assert [len(hop.requests) for hop in chain] == [1, 0, 0]
    assert provider.requests == []


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("form", FORMS)
def test_no_transport_follows(chain: list[Provider], provider: Provider, status: int, form: str) -> None:
    address = form.format(lead(chain, provider, status, INSIDE[0]))
    assert not for_address(address).send(Message("k", address, "s", "t"), timeout=2).ok
    assert len(chain[0].requests) == 1
    assert [hop.requests for hop in (*chain[1:], provider)] == [[], [], []]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("inside", INSIDE)
def test_a_library_that_follows_is_stopped_at_the_door(
    chain: list[Provider], provider: Provider, status: int, inside: str
) -> None:
    """None of ours does; the guard holds all the same."""
    first = lead(chain, provider, status, inside)
    with guarded_connections(PUBLIC[0]) as refused, pytest.raises(requests.RequestException):
        requests.post(f"http://{first}/", b"x", timeout=2)
    assert [len(hop.requests) for hop in chain] == [1, 1, 1]
    assert provider.requests == []
    assert refused

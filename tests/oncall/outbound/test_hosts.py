"""What people typed never makes us call an internal host, however it is spelt."""

import pytest
import requests
from pytest_django.fixtures import Settings

from oncall.logic.addresses import AddressError
from oncall.outbound import OutboundRefused, OutboundUnreachable, check_address, check_host, guarded_connections, post
from tests.oncall.provider import Names, Provider

INTERNAL_HOSTS = [
    *("localhost", "LOCALHOST", "127.0.0.1", "127.0.0.2", "127.255.255.254", "0", "0.0.0.0", "127.1"),
    *("127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0x7F.0x0.0x0.0x1", "0177.0.0.1", "0177.1", "017700000001"),
    *("10.0.0.1", "167772161", "0xa000001", "012.0.0.1", "172.16.0.1", "192.168.0.1", "192.168.257", "3232235521"),
    *("169.254.169.254", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.254.43518", "100.64.0.1"),
    *("100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "192.0.2.1", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "192.88.99.1", "::1", "[::1]", "::", "[::]", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"),
    *("[::ffff:127.0.0.1]", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:1::1"),
    *("fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "100::1", "5f00::1"),
]


@pytest.mark.parametrize("host", INTERNAL_HOSTS)
def test_an_internal_host_is_refused_in_every_spelling(host: str) -> None:
    with pytest.raises(OutboundRefused) as caught:
        check_host(host)
    assert not isinstance(caught.value, OutboundUnreachable), "it must be judged, not merely not found"


@pytest.mark.parametrize("host", ["", " ", "no-such-name.test", "a" * 300, "a b", "\x00", "ü" * 70 + ".test"])
def test_a_name_without_an_address_is_refused_as_such(host: str, names: Names) -> None:
    with pytest.raises(OutboundUnreachable):
        check_host(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "2606:4700:4700::1111", "[2606:4700:4700::1111]", "134744072"])
def test_a_public_host_passes(host: str) -> None:
    check_host(host)


def test_one_internal_answer_among_public_ones_refuses_the_name(names: Names) -> None:
    names.answers["mixed.test"] = [["8.8.8.8", "10.0.0.1"]]
    with pytest.raises(OutboundRefused, match=r"mixed\.test"):
        check_host("mixed.test")


def test_the_allow_list_takes_networks_and_names(settings: Settings, names: Names) -> None:
    settings.OUTBOUND_ALLOW = ["10.1.0.0/16", "Chat.test.", "[fd00::]/8", "127.0.0.1"]
    names.answers |= {"chat.test": [["192.168.7.7"]], "other.test": [["192.168.7.7"]]}
    for host in ("10.1.2.3", "chat.test", "CHAT.test.", "127.0.0.1", "::ffff:10.1.2.3"):
        check_host(host)
    for host in ("10.2.0.1", "other.test", "127.0.0.2", "::1"):
        with pytest.raises(OutboundRefused):
            check_host(host)


def test_addresses_with_a_host_are_checked_and_others_look_nothing_up(names: Names) -> None:
    names.answers["inside.test"] = [["10.0.0.1"]]
    check_address("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/")
    check_address("ntfys://topic")
    assert names.asked == []
    for address in ("json://inside.test/", "ntfy://inside.test/t", "mailto://u:p@8.8.8.8?smtp=inside.test"):
        with pytest.raises(OutboundRefused):
            check_address(address)
    with pytest.raises(AddressError):
        check_address("syslog://inside.test")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://localhost.:{port}/",
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f000001:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://0:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::ffff:7f00:1]:{port}/",
        "http://[::1]:{port}/",
        "http://[::]:{port}/",
        "http://example.org@127.0.0.1:{port}/",
        "http://example.org:80@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}#@example.org/",
        "http://127.0.0.1:{port}?@example.org/",
        "http://127.0.0.1:{port}\\@example.org/",
        "http://１２７.0.0.1:{port}/",
        "http://127。0。0。1:{port}/",
        "http://%31%32%37.0.0.1:{port}/",
        "https://127.0.0.1:{port}/",
        "HTTP://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "127.0.0.1:{port}",
        "http:127.0.0.1:{port}",
        "http:///127.0.0.1:{port}/",
        "file:///etc/passwd",
        "ftp://127.0.0.1:{port}/",
        "gopher://127.0.0.1:{port}/",
        "http://",
        "",
    ],
)
def test_no_spelling_of_a_url_reaches_an_internal_server(url: str, provider: Provider) -> None:
    with pytest.raises(OutboundRefused):
        post(url.format(port=provider.port), b"x", {}, timeout=10)
    assert provider.requests == []


def test_watched_code_cannot_open_a_connection_inside(provider: Provider, settings: Settings) -> None:
    url = f"http://127.0.0.1:{provider.port}/"
    with guarded_connections(None) as refused:
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=10)
        assert refused == ["127.0.0.1"]
    assert provider.requests == []
    assert requests.get(url, timeout=10).status_code == 200, "outside of it nothing is watched"
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with guarded_connections(None) as refused:
        assert requests.get(url, timeout=10).status_code == 200
    assert refused == []


def test_a_host_on_the_allow_list_by_name_may_be_reached_by_watched_code(
    provider: Provider, settings: Settings, names: Names
) -> None:
    settings.OUTBOUND_ALLOW = ["push.test"]
    names.answers["push.test"] = [["127.0.0.1"]]
    with guarded_connections("push.test"):
        assert requests.get(f"http://push.test:{provider.port}/", timeout=10).status_code == 200
        with pytest.raises(requests.ConnectionError):
            requests.get("http://127.0.0.2:9/", timeout=10)

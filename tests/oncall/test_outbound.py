"""Promises of oncall/outbound: what people typed never makes us call an internal host."""

import datetime
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_django.fixtures import Settings

from oncall.logic.addresses import AddressError
from oncall.outbound import (
    OutboundRefused,
    OutboundUnreachable,
    check_address,
    check_host,
    guarded_connections,
    post,
    post_json,
)
from tests.oncall.provider import Names, Provider, drip, serving, speaking


@pytest.fixture(autouse=True)
def nothing_allowed(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = []


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving() as running:
        yield running


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)


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
        post(url.format(port=provider.port), b"x", {}, timeout=3)
    assert provider.requests == []


def test_a_call_is_posted_to_an_allowed_server(settings: Settings, provider: Provider) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    provider.status, provider.body = 202, "schön".encode()
    answer = post_json(f"http://127.0.0.1:{provider.port}/a?b=1", {"k": "v"}, {"X-One": "1"})
    assert (answer.status, answer.text, answer.retry_after) == (202, "schön", None)
    [request] = provider.requests
    assert (request.method, request.path, request.body) == ("POST", "/a?b=1", b'{"k":"v"}')
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["X-One"] == "1"
    assert request.headers["User-Agent"] == "IncidentOps"


def test_the_operators_own_addresses_are_not_guarded(provider: Provider) -> None:
    assert post(f"http://127.0.0.1:{provider.port}/", b"", {}, guarded=False).status == 200


def test_a_name_is_looked_up_once_and_that_answer_is_used(settings: Settings, provider: Provider, names: Names) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    names.answers["turning.test"] = [["127.0.0.1"], ["10.0.0.1"]]
    assert post(f"http://turning.test:{provider.port}/", b"", {}).status == 200
    assert names.asked == ["turning.test"]
    assert provider.requests[0].headers["Host"] == f"turning.test:{provider.port}"
    with pytest.raises(OutboundRefused):
        post(f"http://turning.test:{provider.port}/", b"", {})
    assert len(provider.requests) == 1


def test_the_next_answer_is_tried_when_the_first_does_not_listen(
    settings: Settings, provider: Provider, names: Names
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    names.answers["two.test"] = [["127.0.0.9", "127.0.0.1"]]
    assert post(f"http://two.test:{provider.port}/", b"", {}).status == 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(settings: Settings, provider: Provider, status: int) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with serving() as private:
        provider.status, provider.headers = status, {"Location": f"http://127.0.0.1:{private.port}/"}
        assert post(f"http://127.0.0.1:{provider.port}/", b"", {}).status == status
        assert private.requests == []
    assert len(provider.requests) == 1


def test_a_proxy_variable_and_netrc_change_nothing(
    settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        post(f"http://127.0.0.1:{provider.port}/", b"", {})
        assert proxy.requests == []
    assert "Authorization" not in provider.requests[0].headers


def test_a_huge_answer_is_cut_at_64_kib(settings: Settings, provider: Provider) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    provider.body = b"x" * 20_000_000
    answer = post(f"http://127.0.0.1:{provider.port}/", b"", {})
    assert (answer.status, len(answer.text)) == (200, 65_536)


def test_a_packed_answer_is_not_unpacked(settings: Settings, provider: Provider) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    provider.headers, provider.body = {"Content-Encoding": "gzip"}, b"\x1f\x8b" + b"\0" * 100
    assert len(post(f"http://127.0.0.1:{provider.port}/", b"", {}).text) <= 102


@pytest.mark.parametrize(
    ("scheme", "data", "repeat"),
    [
        ("http", b"", b""),
        ("http", b"", b"H"),
        ("http", b"HTTP/1.1 2", b""),
        ("https", b"", b""),
        ("https", b"\x16\x03\x03\x3f\xff", b"\x02"),
    ],
)
def test_a_server_that_drips_is_left_at_the_deadline(
    settings: Settings, scheme: str, data: bytes, repeat: bytes
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with speaking(drip(data, repeat)) as port:
        started = time.monotonic()
        with pytest.raises(OutboundUnreachable):
            post(f"{scheme}://127.0.0.1:{port}/", b"", {}, timeout=0.6)
        assert time.monotonic() - started < 2


@pytest.mark.parametrize("repeat", [b"a", b"a\r\nA: b"])
def test_headers_that_drip_are_cut_at_the_deadline_and_the_status_counts(settings: Settings, repeat: bytes) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with speaking(drip(b"HTTP/1.1 200 OK\r\nX-A: ", repeat)) as port:
        started = time.monotonic()
        assert post(f"http://127.0.0.1:{port}/", b"", {}, timeout=0.6).status == 200
        assert time.monotonic() - started < 2


def test_endless_headers_end_the_call(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with speaking(drip(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1_000, b"")) as port, pytest.raises(OutboundUnreachable):
        post(f"http://127.0.0.1:{port}/", b"", {}, timeout=5)


def test_a_body_that_drips_is_cut_at_the_deadline_and_the_status_counts(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with speaking(drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", b"a")) as port:
        started = time.monotonic()
        assert post(f"http://127.0.0.1:{port}/", b"", {}, timeout=0.6).status == 200
        assert time.monotonic() - started < 2


def test_a_closed_port_is_unreachable_not_refused(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with serving() as gone:
        port = gone.port
    with pytest.raises(OutboundUnreachable):
        post(f"http://127.0.0.1:{port}/", b"", {}, timeout=2)


def test_a_header_with_a_line_break_is_refused(settings: Settings, provider: Provider) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with pytest.raises(OutboundRefused):
        post(f"http://127.0.0.1:{provider.port}/", b"", {"X-A": "1\r\nX-B: 2"})
    assert provider.requests == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": "999999999999999"}, 86_400),
        ({"Retry-After": "Wed, 21 Oct 2026 07:30:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 120),
        ({"Retry-After": "Wed, 21 Oct 2026 07:00:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "٣"}, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    settings: Settings, headers: dict[str, str], seconds: int | None
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    with speaking(
        lambda peer, over: peer.sendall(b"HTTP/1.1 429 Busy\r\n" + lines + b"Content-Length: 0\r\n\r\n")
    ) as port:
        wait = post(f"http://127.0.0.1:{port}/", b"", {}).retry_after
    assert (None if wait is None else wait.total_seconds()) == seconds


def _certificate(name: str, folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def test_tls_verifies_the_name_though_the_address_is_pinned(
    settings: Settings, names: Names, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    names.answers |= {"good.test": [["127.0.0.1"]], "other.test": [["127.0.0.1"]]}
    path = _certificate("good.test", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with serving(lambda plain: context.wrap_socket(plain, server_side=True)) as secure:
        with pytest.raises(OutboundUnreachable):  # an unknown authority
            post(f"https://good.test:{secure.port}/", b"", {}, timeout=3)
        monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(path))
        assert post(f"https://good.test:{secure.port}/", b"", {}, timeout=3).status == 200
        with pytest.raises(OutboundUnreachable):  # another name's certificate
            post(f"https://other.test:{secure.port}/", b"", {}, timeout=3)
    assert len(secure.requests) == 1


def test_a_slow_name_server_does_not_outlast_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **kwargs: [answered.wait(10)][:0])
    started = time.monotonic()
    with pytest.raises(OutboundUnreachable):
        post("http://slow.test/", b"", {}, timeout=0.3)
    assert time.monotonic() - started < 2
    answered.set()


def test_watched_code_cannot_open_a_connection_inside(provider: Provider, settings: Settings) -> None:
    url = f"http://127.0.0.1:{provider.port}/"
    with guarded_connections(None) as refused:
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=3)
        assert refused == ["127.0.0.1"]
    assert provider.requests == []
    assert requests.get(url, timeout=3).status_code == 200, "outside of it nothing is watched"
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with guarded_connections(None) as refused:
        assert requests.get(url, timeout=3).status_code == 200
    assert refused == []


def test_a_host_on_the_allow_list_by_name_may_be_reached_by_watched_code(
    provider: Provider, settings: Settings, names: Names
) -> None:
    settings.OUTBOUND_ALLOW = ["push.test"]
    names.answers["push.test"] = [["127.0.0.1"]]
    with guarded_connections("push.test"):
        assert requests.get(f"http://push.test:{provider.port}/", timeout=3).status_code == 200
        with pytest.raises(requests.ConnectionError):
            requests.get("http://127.0.0.2:9/", timeout=3)

"""A call goes to the address that was judged, follows nobody, and reads a bounded answer."""

import datetime
import ssl
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_django.fixtures import Settings

from oncall.outbound import OutboundRefused, OutboundUnreachable, post, post_json
from tests.oncall.provider import Names, Provider, serving, speaking


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
            post(f"https://good.test:{secure.port}/", b"", {}, timeout=10)
        monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(path))
        assert post(f"https://good.test:{secure.port}/", b"", {}, timeout=10).status == 200
        with pytest.raises(OutboundUnreachable):  # another name's certificate
            post(f"https://other.test:{secure.port}/", b"", {}, timeout=10)
    assert len(secure.requests) == 1

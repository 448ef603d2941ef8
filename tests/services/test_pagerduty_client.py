"""The client that PagerDuty publishes on PyPI, over TLS: it refuses anything else."""

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pagerduty import EventsApiV2Client
from pagerduty.errors import HttpError

from tests.services.running import LOOPBACK, Installation

pytestmark = pytest.mark.services
ROUTING_KEY = "services0suite0payments0route0ke"


def self_signed(folder: Path) -> Path:
    """A certificate for the loopback address and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, LOOPBACK)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "loopback.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return file


@pytest.fixture
def tls(quiet: Installation, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A proxy that ends TLS in front of the web process, as in production: its address and its certificate."""
    pem = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listener = socket.create_server((LOOPBACK, 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(plain,), daemon=True).start()

    def talk(plain: socket.socket) -> None:
        with (
            suppress(OSError),
            context.wrap_socket(plain, server_side=True) as outer,
            socket.create_connection((LOOPBACK, quiet.port)) as inner,
        ):
            threading.Thread(target=pump, args=(inner, outer), daemon=True).start()
            pump(outer, inner)

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"https://{LOOPBACK}:{listener.getsockname()[1]}", pem
    finally:
        listener.close()


@pytest.fixture
def client(tls: tuple[str, Path]) -> EventsApiV2Client:
    return _client(tls, ROUTING_KEY)


def _client(tls: tuple[str, Path], key: str) -> EventsApiV2Client:
    url, pem = tls
    return EventsApiV2Client(key, base_url=url, verify=ssl.create_default_context(cafile=pem))


def test_trigger_acknowledge_and_resolve(quiet: Installation, client: EventsApiV2Client) -> None:
    key = client.trigger("Payments are declined", "payments1", severity="critical", custom_details={"rate": "31 %"})
    assert key
    quiet.until(lambda: quiet.pages("ana") and quiet.pages("bo"), 10, "ana and bo are paged")
    assert "31 %" in quiet.pages("ana")[0].text
    number = quiet.all(f"alerts/?dedup_key={key}")[0]["incident"]

    assert client.trigger("Payments are declined", "payments1", dedup_key=key, severity="critical") == key
    quiet.until(lambda: quiet.all(f"alerts/?dedup_key={key}")[0]["count"] == 2, 10, "the repeat is counted")

    assert client.acknowledge(key) == key
    quiet.until(lambda: quiet.api(f"incidents/{number}/")["state"] == "acknowledged", 10, "it is acknowledged")
    assert quiet.all(f"alerts/?dedup_key={key}")[0]["state"] == "open"

    assert client.resolve(key) == key
    quiet.until(lambda: quiet.api(f"incidents/{number}/")["state"] == "resolved", 10, "it is resolved")
    assert len(quiet.pages()) == 2


def test_a_key_without_an_owner_is_refused_in_its_dialect(tls: tuple[str, Path]) -> None:
    with pytest.raises(HttpError) as refusal:
        _client(tls, "0" * 32).trigger("Down", "somewhere")
    assert refusal.value.response.status_code == 400
    assert refusal.value.response.json()["status"] == "invalid event"

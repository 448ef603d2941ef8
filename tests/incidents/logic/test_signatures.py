"""Signed bodies: what holds, and two hundred forgeries that do not."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from incidents.logic.signatures import TOLERANCE, Forged, check, problem

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()
BODY = b'{"summary": "Disk full", "severity": "critical"}'
ID = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"


def signed(body: bytes = BODY, secret: str = SECRET, at: datetime = NOW, name: str = ID) -> dict[str, str]:
    """As the senders' own library signs."""
    signature = Webhook(secret).sign(name, at, body.decode())
    return {"webhook-id": name, "webhook-timestamp": f"{at.timestamp():.0f}", "webhook-signature": signature}


def grafana(body: bytes = BODY, secret: str = SECRET, at: datetime = NOW) -> dict[str, str]:
    stamp = f"{at.timestamp():.0f}"
    signature = hmac.new(secret.encode(), f"{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"x-grafana-alerting-signature": signature, "x-grafana-alerting-timestamp": stamp}


def test_what_the_senders_library_signs_is_taken() -> None:
    taken = check(signed(), BODY, [SECRET], NOW)
    assert (taken.message_id, taken.signed_at) == (ID, NOW)
    assert check(grafana(), BODY, [SECRET], NOW).signed_at == NOW


@pytest.mark.parametrize("sign", [signed, grafana])
def test_two_secrets_are_good_while_rotating(sign: object) -> None:
    for secret in (SECRET, OTHER):
        check(sign(secret=secret), BODY, [SECRET, OTHER], NOW)  # type: ignore[operator]


def test_one_of_several_signatures_is_enough() -> None:
    headers = signed()
    headers["webhook-signature"] = f"v1a,AAAA v1,{'A' * 43}= {headers['webhook-signature']}"
    check(headers, BODY, [SECRET], NOW)


@pytest.mark.parametrize("away", [TOLERANCE, -TOLERANCE])
def test_five_minutes_either_way_are_believed(away: timedelta) -> None:
    check(signed(at=NOW + away), BODY, [SECRET], NOW)
    check(grafana(at=NOW + away), BODY, [SECRET], NOW)
    further = away + (away / abs(away)) * timedelta(seconds=1)
    for headers in (signed(at=NOW + further), grafana(at=NOW + further)):
        with pytest.raises(Forged, match="five minutes"):
            check(headers, BODY, [SECRET], NOW)


def forgeries() -> Iterator[tuple[dict[str, str], bytes]]:
    """What somebody could try who knows a signed body, but no secret."""
    for good in (signed(), grafana()):
        for position in range(len(BODY)):  # a byte of the body changed
            yield good, BODY[:position] + bytes([BODY[position] ^ 1]) + BODY[position + 1 :]
        for body in (b"", BODY + b" ", b" " + BODY, BODY[:-1], BODY * 2, BODY.upper(), b"\0" + BODY):
            yield good, body
        for name in good:
            yield {key: value for key, value in good.items() if key != name}, BODY
            for value in ("", " ", "0", "1", "-1", "v1,", "v1", "é", "0x10", "1e9", "9" * 400, good[name] + "0"):
                yield {**good, name: value}, BODY
        stamp = next(name for name in good if "timestamp" in name)
        for seconds in range(1, 40):  # a younger timestamp under the old signature
            yield {**good, stamp: str(int(good[stamp]) + seconds)}, BODY
    yield {}, BODY
    right = signed()["webhook-signature"]
    for claimed in ("v0," + right[3:], "v2," + right[3:], right.lower(), right.replace("v1,", "v1, "), right[3:]):
        yield {**signed(), "webhook-signature": claimed}, BODY
    for secret in (OTHER, "whsec_" + base64.b64encode(b"k" * 31).decode(), base64.b64encode(b"k" * 33).decode()):
        yield signed(secret=secret), BODY
        yield grafana(secret=secret), BODY
    yield {**signed(), "webhook-id": ID + "."}, BODY
    moved = signed(name=ID + "." + signed()["webhook-timestamp"])
    yield {**moved, "webhook-id": ID}, BODY


def test_no_forgery_is_taken() -> None:
    tried = list(forgeries())
    assert len(tried) >= 200
    for headers, body in tried:
        with pytest.raises(Forged):
            check(headers, body, [SECRET], NOW)


def test_without_a_readable_secret_nothing_is_taken() -> None:
    with pytest.raises(Forged):
        check(signed(), BODY, [], NOW)


@pytest.mark.parametrize("secret", ["short", "whsec_c2hvcnQ=", "x" * 101, "with a blank in it, long enough", "é" * 30])
def test_a_secret_that_could_be_guessed_is_refused(secret: str) -> None:
    assert problem(secret)
    assert not problem(SECRET)

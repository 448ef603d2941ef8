"""What people and senders type is no formula, no header, no address to be led to, no file, no endless search."""

import csv
import io
import re
import time
from email import message_from_bytes
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from incidents.logic.pattern_syntax import PatternError
from incidents.logic.patterns import compile_pattern
from oncall.text import csv_cell
from oncall.transports.base import Message
from oncall.transports.email import EmailTransport
from tests.hostile.doors import Town
from tests.hostile.feeding import client
from tests.hostile.mailing import sent
from tests.hostile.strings import FORMULAS, HEADERS, PATHS, PATTERNS, RECIPIENTS, REDIRECTS, REFUSED_PATTERNS

# Pages that lead on to `next` when their form is sent, and all that might.
ACTING = {"account_reauthenticate": {"password": "correct horse battery"}, "account_logout": {}}
SHOWN = (
    "account_login",
    "account_reauthenticate",
    "account_logout",
    "account_change_password",
    "mfa_index",
    "mfa_reauthenticate",
)
BLANK = " \t\r\n\u00a0\u200b\ufeff\u202e\x00"


def test_there_are_enough_of_each() -> None:
    for strings in (FORMULAS, HEADERS, RECIPIENTS, REDIRECTS, PATHS, PATTERNS, REFUSED_PATTERNS):
        assert len(set(strings)) == len(strings) >= 30


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_no_cell_is_a_formula(text: str) -> None:
    written = io.StringIO()
    csv.writer(written).writerow([csv_cell(text), "next"])
    cell, following = next(csv.reader(io.StringIO(written.getvalue())))
    assert following == "next"
    assert cell.lstrip(BLANK)[0] not in "=+-@＝＋－＠"


def _sent(**fields: Any) -> Any:
    return message_from_bytes(sent(**fields).as_bytes())


@pytest.mark.parametrize("field", ["subject", "key", "person"])
def test_no_word_becomes_a_header(field: str) -> None:
    usual = _sent()
    for text in HEADERS:
        message = _sent(**{field: text})
        assert message.keys() == usual.keys()
        assert message["To"] == "ana@example.org"
        assert message.get_content_type() == "multipart/alternative"
        assert mail.outbox[0].recipients() == ["ana@example.org"]


@pytest.mark.parametrize("address", RECIPIENTS, ids=ascii)
def test_an_address_is_one_recipient_or_none(address: str) -> None:
    mail.outbox = []
    for form in (address, f"mailto:{address}"):
        receipt = EmailTransport().send(Message("k", form, "s", "t"), timeout=5)
        assert not receipt.ok
        assert not receipt.retry
    assert mail.outbox == []


def test_nobody_is_led_elsewhere(attacked: Town, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    attacked.boss.set_password("correct horse battery")
    attacked.boss.save()
    stranger, colleague = client(), client()
    colleague.force_login(attacked.boss)
    for target in REDIRECTS:
        stranger.cookies.clear()
        form = {"username": "root", "password": "correct horse battery", "next": target}
        _assert_here(stranger.post(reverse("account_login"), form), target)
        _assert_here(colleague.get(reverse("account_login"), {"next": target}), target)


@pytest.mark.services
def test_no_page_leads_or_points_elsewhere(attacked: Town, settings: Any) -> None:
    """Neither the pages that say where one goes on, nor those that need no sign-in."""
    settings.ACCOUNT_RATE_LIMITS = False
    attacked.boss.set_password("correct horse battery")
    attacked.boss.save()
    colleague = client()
    colleague.force_login(attacked.boss)
    for target in REDIRECTS:
        for name in SHOWN:
            answer = colleague.get(reverse(name), {"next": target})
            _assert_here(answer, target)
            assert not re.search(rb"(?:href|action|src)=[\"'][^\"'?#]*evil", answer.content), (target, name)
        for name, more in ACTING.items():
            _assert_here(colleague.post(reverse(name), {**more, "next": target}), target)
        colleague.force_login(attacked.boss)
        query = urlencode({"next": target, "then": target})
        for path, form in ((attacked.phone, {"act": "ack"}), (attacked.link, {})):
            _assert_here(client().post(f"{path}?{query}", {**form, "next": target, "then": target}), target)
        deed = reverse("admin:incidents_incident_note", args=[attacked.incident.pk])
        _assert_here(colleague.post(deed, {"text": "seen", "then": target, "next": target}), target)


def _assert_here(answer: Any, target: str) -> None:
    for place in [
        *(each for each, _status in getattr(answer, "redirect_chain", [])),
        answer.headers.get("Location", ""),
    ]:
        parts = urlsplit(place)
        assert parts.netloc in ("", "testserver"), (target, place)
        assert parts.scheme in ("", "http", "https"), (target, place)
        assert not place.startswith(("//", "/\\", "\\")), (target, place)


def test_no_path_leads_to_a_file(db: None) -> None:
    browser: Client = client()
    for path in PATHS:
        answer = browser.generic("GET", "/", PATH_INFO=path.encode().decode("latin-1"))
        direct = browser.get(path)
        for each in (answer, direct):
            assert each.status_code < 500, path
            said = b"".join(each) if each.streaming else each.content
            assert not any(secret in said for secret in (b"root:x:", b"[tool.", b"DJANGO_SETTINGS", b"[core]")), path


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_pattern_takes_long(pattern: str) -> None:
    """A thousand characters are what a label holds; Python's own engine would need longer than the universe has."""
    began = time.process_time()
    compiled = compile_pattern(pattern)
    for text in ("a" * 1_000, "a" * 999 + "!", "ab" * 500, "x " * 500, "1" * 1_000, "a," * 500):
        compiled.matches(text)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("pattern", REFUSED_PATTERNS)
def test_what_cannot_be_run_safely_is_refused(pattern: str) -> None:
    began = time.process_time()
    with pytest.raises(PatternError):
        compile_pattern(pattern)
    assert time.process_time() - began < 1

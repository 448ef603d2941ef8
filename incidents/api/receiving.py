"""What every sender's door does: read a bounded body, store it, answer in the sender's own dialect."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import orjson
import structlog
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone

from incidents import intake, integrations, signing
from incidents.adapters import Adapter, body
from incidents.adapters.answers import Answer, Answers
from incidents.adapters.signal import Parsed
from incidents.api.budget import Budget
from incidents.logic import signatures

log = structlog.get_logger(__name__)

LIMIT_BYTES: Final = 512 * 1024
RETRY_AFTER_SECONDS: Final = 5

# What can never be JSON. Everything else may be: curl says form-urlencoded, many senders say nothing or text/plain.
_NEVER_JSON: Final = re.compile(r"multipart/|image/|audio/|video/|font/|[^;]*[/+]xml\b|text/html|[^;]*protobuf")
_budget = Budget()


class Turned(Exception):  # noqa: N818 — it reads as what happened
    """The request ends here with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def answered(answers: Answers, work: Callable[[], Answer]) -> HttpResponse:
    """The answer of `work` as a response; 503 where the database is away, and where we have a fault of our own.

    Both say honestly that nothing was taken, and senders repeat.
    """
    try:
        answer = work()
    except Turned as turned:
        answer = turned.answer
    except (OperationalError, InterfaceError) as error:
        log.warning("ingest_unavailable", error=type(error).__name__)
        answer = answers.unavailable(RETRY_AFTER_SECONDS)
    except Exception:
        log.exception("ingest_failed")
        answer = answers.unavailable(RETRY_AFTER_SECONDS)
    return response(answer)


def response(answer: Answer) -> HttpResponse:
    """An answer as Django sends it."""
    said = orjson.dumps(answer.body)
    made = HttpResponse(said, answer.content_type, answer.status)
    made["Content-Length"] = str(len(said))  # else the server sends it in chunks
    made["X-Content-Type-Options"] = "nosniff"
    for name, value in answer.headers.items():
        made[name] = value
    # Django's own log of a refused request would name its path, which may hold a key.
    made._has_been_logged = True  # type: ignore[attr-defined]
    return made


@dataclass(frozen=True, slots=True)
class Received:
    """A body as it came, for its signature, and as it reads; `payload` is None where the format needs none."""

    raw: bytes
    payload: object


def read(request: HttpRequest, adapter: Adapter, sender: integrations.Sender | None = None) -> Received:
    """The bounded, decoded body; not read where neither its format nor a signature needs it. Raises Turned."""
    if not adapter.reads_body:
        return Received(_body(request, adapter.answers) if sender and sender.secrets else b"", None)
    raw = _body(request, adapter.answers)
    return Received(raw, _decoded(request, adapter, raw))


def _decoded(request: HttpRequest, adapter: Adapter, raw: bytes) -> object:
    """Raises Turned (415, 400)."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise Turned(adapter.answers.unsupported())
    if _NEVER_JSON.match((request.content_type or "").lower()):
        raise Turned(adapter.answers.unsupported())
    try:
        return body.decode(raw)
    except body.BodyError as error:
        raise Turned(adapter.answers.malformed(error)) from error


def signed(
    request: HttpRequest, adapter: Adapter, sender: integrations.Sender, received: Received
) -> signatures.Signed | None:
    """Whose body it is, for a sender that signs; None for one that does not. Raises Turned (401)."""
    if sender.secrets is None:
        return None
    try:
        return signatures.check(request.headers, received.raw, sender.secrets, timezone.now())
    except signatures.Forged as forged:
        raise Turned(adapter.answers.forged(str(forged))) from forged


def take(
    adapter: Adapter, sender: integrations.Sender, parsed: Parsed, signed: signatures.Signed | None = None
) -> Answer:
    """Store what was parsed and say so; the row is committed when this returns. A signed body is stored once."""
    try:
        if signed is None:
            intake.accept(sender.id, parsed.signals, timezone.now())
        else:
            _once(sender, parsed, signed)
    except signatures.Forged as forged:
        return adapter.answers.forged(str(forged))
    except intake.UnknownIntegration:
        integrations.forget_keys()
        return adapter.answers.bad_key()
    return adapter.answers.taken(parsed)


def _once(sender: integrations.Sender, parsed: Parsed, signed: signatures.Signed) -> None:
    try:
        with transaction.atomic():
            if parsed.signals and not signing.taken_before(sender.id, signed):
                intake.accept(sender.id, parsed.signals, timezone.now())
    except IntegrityError as error:
        raise intake.UnknownIntegration from error  # a foreign key is judged at the commit


def throttle(adapter: Adapter, sender: integrations.Sender) -> None:
    """Raise Turned for a sender beyond its limit per minute, as this process counts it: each has its own count."""
    limit = sender.limit_per_minute
    if limit is not None and not _budget.spend(sender.id, limit):
        raise Turned(adapter.answers.throttled(_budget.WINDOW_SECONDS))


def new_key() -> str:
    """A dedup key for an event that has none."""
    return uuid4().hex


def _body(request: HttpRequest, answers: Answers) -> bytes:
    """At most LIMIT_BYTES, whatever Content-Length says; a chunked body has none. Raises Turned (413)."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    if declared.isascii() and declared.isdigit() and int(declared[:12]) > LIMIT_BYTES:
        raise Turned(answers.too_large(LIMIT_BYTES))
    stream = request
    if not declared and request.META.get("wsgi.input_terminated"):
        # Django reads nothing of a body without length; our server ends the stream itself.
        stream = request.META["wsgi.input"]
    try:
        raw: bytes = stream.read(LIMIT_BYTES + 1)
    except (UnreadablePostError, OSError):
        raw = b""  # the sender hung up
    if len(raw) > LIMIT_BYTES:
        raise Turned(answers.too_large(LIMIT_BYTES))
    return raw

"""What every sender's door does: read a bounded body, store it, answer in the sender's own dialect."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Final
from uuid import uuid4

import orjson
import structlog
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

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


@dataclass(frozen=True, slots=True)
class Held:
    """An answer that holds once `row` is committed."""

    row: intake.Row
    answer: Answer
    answers: Answers


Begun = HttpResponse | Held
View = Callable[..., HttpResponse]


def door(begin: Callable[..., Begun]) -> View:
    """A view of senders; its `begin` is for whoever commits several together, by `settled`."""

    @csrf_exempt
    @wraps(begin)
    def view(request: HttpRequest, *args: str, **named: str) -> HttpResponse:
        return settled([begin(request, *args, **named)])[0]

    view.begin = begin  # type: ignore[attr-defined]
    return view


def begun(answers: Answers, work: Callable[[], Answer | Held]) -> Begun:
    """The answer of `work` as a response, or held; 503 where the database is away, or by a fault of our own.

    Both say honestly that nothing was taken, and senders repeat.
    """
    try:
        answer = work()
    except Turned as turned:
        answer = turned.answer
    except Exception as error:
        answer = _unavailable(answers, error)
    return answer if isinstance(answer, Held) else response(answer)


def settled(requests: Sequence[Begun]) -> list[HttpResponse]:
    """The responses, in their order: the held ones after one commit of all their rows."""
    held = [one for one in requests if isinstance(one, Held)]
    told = iter([_told(one, error) for one, error in zip(held, _committed(held), strict=True)])
    return [next(told) if isinstance(one, Held) else one for one in requests]


def _committed(held: Sequence[Held]) -> list[Exception | None]:
    return intake.accept_together([one.row for one in held]) if held else []


def _told(one: Held, error: Exception | None) -> HttpResponse:
    match error:
        case None:
            return response(one.answer)
        case intake.UnknownIntegration():
            integrations.forget_keys()
            return response(one.answers.bad_key())
        case _:
            return response(_unavailable(one.answers, error))


def _unavailable(answers: Answers, error: Exception) -> Answer:
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("ingest_unavailable", error=type(error).__name__)
    else:
        log.error("ingest_failed", exc_info=error)
    return answers.unavailable(RETRY_AFTER_SECONDS)


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
) -> Answer | Held:
    """Say what was parsed, to hold once it is stored. A signed body is stored here, and once."""
    answer = adapter.answers.taken(parsed)
    if not parsed.signals:
        return answer
    now = timezone.now()
    if signed is None:
        return Held(intake.row(sender.id, parsed.signals, now), answer, adapter.answers)
    try:
        with transaction.atomic():
            if not signing.taken_before(sender.id, signed):
                intake.accept(sender.id, parsed.signals, now)
    except signatures.Forged as forged:
        return adapter.answers.forged(str(forged))
    except (intake.UnknownIntegration, IntegrityError):  # a foreign key is judged at the commit
        integrations.forget_keys()
        return adapter.answers.bad_key()
    return answer


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

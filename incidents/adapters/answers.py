"""What a sender is told: status, body and headers of every answer of ingestion. A format with a dialect overrides."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from incidents.adapters.body import BodyError
from incidents.adapters.signal import Parsed, Refusal


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer as values; the view turns it into a response."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


class Answers:
    """The plain dialect: 202 with what was taken, else RFC 9457 problem details that also name each error."""

    def taken(self, parsed: Parsed) -> Answer:
        """202 where anything was taken or there was nothing to do, 400 where every event was refused."""
        if parsed.errors and not parsed.signals:
            return self._problem(400, "No event could be taken", parsed.errors)
        errors = [error.to_json() for error in parsed.errors]
        return Answer(202, {"accepted": len(parsed.signals), "errors": errors})

    def malformed(self, error: BodyError) -> Answer:
        """400: the body is not JSON."""
        return self._problem(400, "The body is not JSON", [Refusal(0, "", str(error))])

    def bad_key(self) -> Answer:
        """401: no key, an unknown or disabled one, or one of another format."""
        refusal = Refusal(0, "key", "This key is unknown, disabled, or belongs to another format.")
        answer = self._problem(401, "The key is not valid here", [refusal])
        answer.headers["WWW-Authenticate"] = "Token"
        return answer

    def forged(self, reason: str) -> Answer:
        """401: the integration takes signed bodies only, and this one's signature does not hold."""
        answer = self._problem(401, "The signature is not valid", [Refusal(0, "webhook-signature", reason)])
        answer.headers["WWW-Authenticate"] = "Token"
        return answer

    def too_large(self, limit_bytes: int) -> Answer:
        """413: more than `limit_bytes`."""
        return self._problem(413, "The body is too large", [Refusal(0, "", f"At most {limit_bytes} bytes are taken.")])

    def unsupported(self) -> Answer:
        """415: an encoding that is not read."""
        return self._problem(415, "The body's encoding is not supported", [Refusal(0, "", "Send plain JSON.")])

    def throttled(self, retry_after_seconds: int) -> Answer:
        """503, since senders such as Alertmanager repeat on 5xx only, never on 429."""
        return self.unavailable(retry_after_seconds)

    def unavailable(self, retry_after_seconds: int) -> Answer:
        """503: nothing was stored; send again after `retry_after_seconds`."""
        answer = self._problem(503, "Nothing could be stored just now", [Refusal(0, "", "Send it again.")])
        answer.headers["Retry-After"] = str(retry_after_seconds)
        return answer

    def _problem(self, status: int, title: str, errors: Sequence[Refusal]) -> Answer:
        first = errors[0]
        detail = f"{first.field}: {first.message}" if first.field else first.message
        body = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": detail,
            "accepted": 0,
            "errors": [error.to_json() for error in errors],
        }
        return Answer(status, body, content_type="application/problem+json")

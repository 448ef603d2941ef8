"""Web hooks in apprise's own shapes (json, form, xml), sent by our guarded client instead of apprise's."""

import re
from collections.abc import Mapping
from html import escape
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

import orjson
from django.utils.translation import gettext as _

from oncall.logic.addresses import parameters
from oncall.outbound import Response, post
from oncall.text import one_line, plain
from oncall.transports.base import Message, Receipt, full_text

_RETRY_STATUSES = {408, 425, 429}
# Headers that frame the request, or that are ours.
_OWN_HEADERS = {
    *("host", "content-length", "content-type", "transfer-encoding", "connection", "expect", "te", "trailer"),
    *("upgrade", "accept-encoding", "x-idempotency-key"),
}
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_NOT_XML = re.compile("[\ufffe\uffff]")
_ENVELOPE = """<?xml version='1.0' encoding='utf-8'?>
<soapenv:Envelope
    xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns:xsd="http://www.w3.org/2001/XMLSchema"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
    <soapenv:Body>
        <Notification>{}</Notification>
    </soapenv:Body>
</soapenv:Envelope>"""


def send(message: Message, timeout: float) -> Receipt:
    """POST the message; the address must have passed `addresses.parse`. Raises what `outbound.post` raises.

    As apprise does: `+Name=` adds a header, `-name=` a URL parameter, `:name=` a field (or renames one of ours).
    """
    split = urlsplit(message.to)
    kind = split.scheme.lower().removesuffix("s")
    given = list(parameters(message.to))
    headers = {
        name[1:]: value
        for name, value in given
        if name.startswith("+") and _HEADER_NAME.fullmatch(name[1:]) and name[1:].lower() not in _OWN_HEADERS
    }
    query = urlencode([(name[1:], value) for name, value in given if name.startswith("-")])
    content_type, body = _body(kind, message, {name[1:]: value for name, value in given if name.startswith(":")})
    secure = split.scheme.lower().endswith("s")
    return _receipt(
        post(
            urlunsplit(("https" if secure else "http", split.netloc.rpartition("@")[2], split.path or "/", query, "")),
            body,
            {**headers, "Content-Type": content_type, "X-Idempotency-Key": one_line(message.key)},
            timeout=timeout,
            auth=(unquote(split.username), unquote(split.password or "")) if split.username else None,
            guarded=message.guarded,
        )
    )


def _receipt(answer: Response) -> Receipt:
    """2xx is delivered; busy (429), timeouts and 5xx may pass; any other answer, redirects too, is final."""
    if 200 <= answer.status < 300:
        return Receipt(ok=True, detail=_("provider answered %d") % answer.status)
    if answer.status >= 500 or answer.status in _RETRY_STATUSES:
        detail = _("provider answered %d") % answer.status
        return Receipt(ok=False, detail=detail, retry=True, retry_after=answer.retry_after)
    if 300 <= answer.status < 400:
        return Receipt(ok=False, detail=_("provider refused (%d: redirects are not followed)") % answer.status)
    return Receipt(ok=False, detail=_("provider refused (%d)") % answer.status)


def _body(kind: str, message: Message, extras: dict[str, str]) -> tuple[str, bytes]:
    """Content type and body in apprise's shape for the kind: json, form or xml."""
    title, text = one_line(message.subject), plain(full_text(message))
    level = "failure" if message.urgency == "high" else "info"
    if kind == "json":
        fields = {"version": "1.0", "title": title, "message": text, "attachments": [], "type": level}
        return "application/json", orjson.dumps(_renamed(fields, extras))
    if kind == "form":
        fields = {"version": "1.0", "title": title, "message": text, "type": level}
        return "application/x-www-form-urlencoded", urlencode(_renamed(fields, extras)).encode()
    fields = {"Version": "1.1", "Subject": title, "Message": text, "MessageType": level}
    tidy = {re.sub(r"[^A-Za-z0-9_-]", "", name): value for name, value in extras.items()}
    elements = "".join(
        f"<{name}>{escape(_NOT_XML.sub('', str(value)))}</{name}>"
        for name, value in _renamed(fields, tidy).items()
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name)
    )
    return "application/xml", _ENVELOPE.format(elements).encode()


def _renamed(fields: Mapping[str, object], extras: dict[str, str]) -> dict[str, object]:
    """Our fields with the address's own: one of ours is renamed (or, without a value, left out), others are added."""
    result = dict(fields)
    for name, value in extras.items():
        if name not in fields:
            result[name] = value
        elif name in result:
            content = result.pop(name)
            if value:
                result[value] = content
    return result

"""A mail as the transport sends it, some of its fields given."""

from email.message import Message as Mail
from typing import Any

from django.core import mail

from oncall.transports.base import Message
from oncall.transports.email import EmailTransport


def sent(**fields: Any) -> Mail:
    """What leaves for the mail server; the other fields are harmless."""
    given: dict[str, Any] = {"key": "k", "to": "ana@example.org", "subject": "s", "text": "t", "person": "Ana"}
    mail.outbox = []
    assert EmailTransport().send(Message(**given | fields), timeout=5).ok
    return mail.outbox[0].message()

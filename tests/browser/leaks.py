"""Looks for secrets where they do not belong: in what processes wrote, and in mails to others."""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import quote

SHORTEST = 12  # a shorter word would be found by chance
_DOOR = re.compile(r"/(?:p|l)/([\w~-]{20,})")


@dataclass
class Mailbox:
    """A mail server's memory: to whom, and what; its password is a secret like others."""

    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content or b"", policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((list(envelope.rcpt_tos), mail))
        return "250 taken"

    def to(self, address: str, word: str) -> list[str]:
        """The texts of mails to this address with the word in their subject."""
        return [text_of(mail) for whom, mail in self.mails if address in whom and word in str(mail["Subject"]).lower()]


def text_of(mail: EmailMessage) -> str:
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n".join([*(f"{name}: {value}" for name, value in mail.items()), *parts])


def spellings(secret: str) -> set[str]:
    """As it is, in an address, and in base64 as `Authorization: Basic` has it."""
    return {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")}


def found(secrets: dict[str, str], lines: Iterable[str]) -> list[str]:
    """Which secret stands in which line."""
    for name, secret in secrets.items():
        assert len(secret) >= SHORTEST, name
    wanted = [(name, spelling) for name, secret in secrets.items() for spelling in spellings(secret)]
    return [f"{name}: {line}" for line in lines for name, spelling in wanted if spelling in line]


def doors(mailbox: Mailbox) -> Iterator[tuple[str, str]]:
    """Each token of a link in a mail, and whose it is: jonas-pager@… is Jonas's too."""
    for whom, mail in mailbox.mails:
        for token in set(_DOOR.findall(text_of(mail))):
            yield from ((token, re.split("[-@]", address)[0]) for address in whom)


def shared_doors(mailbox: Mailbox) -> list[str]:
    """Links that went to two people, though each opens what is one person's."""
    owners: dict[str, set[str]] = {}
    for token, address in doors(mailbox):
        owners.setdefault(token, set()).add(address)
    return [f"{token}: {sorted(addresses)}" for token, addresses in owners.items() if len(addresses) > 1]

"""What every way of sending has in common: a message in, a receipt out."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from oncall.letters import Letter


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address. `guarded=False` is for the operator's own addresses from the environment."""

    key: str  # the same for every try, so that a receiver can tell a repeat
    to: str
    subject: str
    text: str
    link: str | None = None
    urgency: str = "high"  # or low
    person: str = ""
    guarded: bool = True
    calendar: str = ""  # an iCalendar object, its METHOD within: for transports that can bring one
    letter: Letter | None = None  # the same as a page, for who shows pages


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of it: `detail` is for the timeline (no secrets); `retry` says whether trying again may help."""

    ok: bool
    detail: str
    retry: bool = False
    retry_after: timedelta | None = None


class Transport(Protocol):
    """A way of sending. `send` raises nothing for what the other side does: that is in the receipt."""

    name: str

    def send(self, message: Message, timeout: float) -> Receipt:
        """Hand the message over within about `timeout` seconds, outside any transaction."""
        ...

    def accepts(self, address: str) -> bool:
        """Whether the address has this transport's form; looks nothing up."""
        ...


def full_text(message: Message) -> str:
    """The body with the link at its end, unless it stands in it already."""
    if message.link and message.link not in message.text:
        return f"{message.text.rstrip()}\n\n{message.link}"
    return message.text

"""The demo's transport: messages appear in the worker's terminal (and on the mailbox page, which reads the rows)."""

import sys
import textwrap
import threading
from typing import TextIO

from oncall.text import one_line, plain
from oncall.transports.base import Message, Receipt, full_text

_WIDTH = 78
_lock = threading.Lock()  # two threads' boxes must not mix


class ConsoleTransport:
    """Writes each message in a box; always succeeds."""

    name = "console"

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def accepts(self, address: str) -> bool:
        return bool(address)

    def send(self, message: Message, timeout: float) -> Receipt:
        out = self._stream or sys.stderr
        with _lock:
            print(box(message), file=out, flush=True)
        return Receipt(ok=True, detail="written to the terminal")


def box(message: Message) -> str:
    """The message as boxed lines of at most 78 characters; a link longer than that is left whole, to be clicked."""
    who = one_line(f"{message.person} <{message.to}>" if message.person else message.to)
    lines = [one_line(message.subject), f"to {who}", ""]
    for paragraph in plain(full_text(message)).splitlines():
        lines += textwrap.wrap(paragraph, _WIDTH - 4, break_long_words=False, break_on_hyphens=False) or [""]
    rule = "─" * (_WIDTH - 2)
    return "\n".join(["", f"┌{rule}┐", *(f"│ {line:<{_WIDTH - 4}} │" for line in lines), f"└{rule}┘"])

"""Sends the corpus to doors in this process and keeps what was answered."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from tests.hostile.corpus import Case
from tests.hostile.doors import Door


@dataclass
class Fed:
    """How often each status was answered by each door, and every answer that must not be."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def of(self, door: str) -> dict[int, int]:
        return {status: count for (name, status), count in self.statuses.items() if name == door}


def client() -> Client:
    """Answers a 500 where the product raises, as the web server would."""
    return Client(raise_request_exception=False)


def feed(doors: Iterable[Door], cases: Iterable[Case], fed: Fed | None = None) -> Fed:
    """Each case at each door. The same cases make the same bodies in the same order."""
    result, browser = fed or Fed(), client()
    number = sum(result.statuses.values())
    for door in doors:
        for case in cases:
            number += 1
            answer = send(browser, door, case, number)
            result.statuses[door.name, answer.status_code] += 1
            if answer.status_code >= 500:
                result.broken.append(f"{answer.status_code} {door.name} {case}")
    return result


def send(browser: Client, door: Door, case: Case, number: int = 0) -> Any:
    body = case.make(door.good(number), door.encode)
    headers = {**door.headers, **case.headers}
    browser.cookies.clear()
    extra = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    if "Content-Length" in headers:
        extra["CONTENT_LENGTH"] = extra.pop("HTTP_CONTENT_LENGTH")
    content_type = door.content_type if case.content_type is None else case.content_type
    return browser.generic(door.method, door.path, body, content_type, **extra)

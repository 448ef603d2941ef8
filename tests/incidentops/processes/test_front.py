"""The door before Django: what it makes of a request, and what it lets in."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from incidentops.processes import front


class Client:
    """A request as the server gives it; `parts` of its body, then silence where it is slow."""

    def __init__(self, *parts: bytes, slow: bool = False) -> None:
        self.parts, self.slow = parts, slow
        self.answers: list[tuple[int, list[tuple[str, str]], bytes]] = []

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            yield part
        if self.slow:
            await asyncio.sleep(60)

    async def __call__(self) -> bytes:
        return b"".join([part async for part in self])

    def response_bytes(self, *answer: Any) -> None:
        self.answers.append(answer)  # type: ignore[arg-type]


def scope(method: str = "POST", path: str = "/api/v1/ingest/nothing/", **headers: str) -> Any:
    return SimpleNamespace(
        proto="http",
        http_version="1.1",
        method=method,
        path=path,
        query_string="a=b",
        server="127.0.0.1:8000",
        client="[::1]:50000",
        scheme="http",
        authority=None,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def asked(client: Client, monkeypatch: pytest.MonkeyPatch, waiting: int = 0, **headers: str) -> int:
    monkeypatch.setattr(front.gc, "freeze", lambda: None)
    monkeypatch.setattr(front.sys, "setswitchinterval", lambda seconds: None)

    async def run() -> None:
        made = front.Front()
        made.__rsgi_init__(asyncio.get_running_loop())
        made.waiting = waiting
        await made.__rsgi__(scope(**headers), client)
        made.pool.shutdown()
        made.senders.pool.shutdown()
        assert made.waiting == waiting

    asyncio.run(run())
    return client.answers[0][0]


def test_a_request_reaches_django(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(Client(b"{", b"}"), monkeypatch) == 404  # a format that does not exist


def test_a_body_that_does_not_come_is_given_up_without_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "BODY_SECONDS", 0.01)
    monkeypatch.setattr(front.Gathering, "answer", lambda *_: pytest.fail("a thread was taken"))
    assert asked(Client(b"{", slow=True), monkeypatch) == 408


def test_a_body_that_was_cut_off_is_not_taken_for_a_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As granian gives it: an empty part at the end of each, and one more where the connection or a chunk broke."""
    assert asyncio.run(front._parts(Client(b"act=", b"note", b""))) == b"act=note"
    assert asyncio.run(front._parts(Client(b""))) == b""
    monkeypatch.setattr(front.Gathering, "answer", lambda *_: pytest.fail("a thread was taken"))
    assert asked(Client(b"act=no", b"", b""), monkeypatch) == 400
    assert asked(Client(b"", b""), monkeypatch) == 400


def test_a_body_shorter_than_was_declared_is_not_taken_for_a_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(Client(b"{}"), monkeypatch, content_length="2") == 404
    monkeypatch.setattr(front.Gathering, "answer", lambda *_: pytest.fail("it was asked"))
    assert asked(Client(b"{}"), monkeypatch, content_length="3") == 400


def test_a_connection_that_breaks_within_a_body_is_no_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Client):
        async def __call__(self) -> bytes:
            raise front.ProtocolClosed

    assert asked(Broken(), monkeypatch, content_length="2") == 400


@pytest.mark.parametrize("coding", ["gzip, chunked", "chunked, chunked", "gzip", ""])
def test_a_transfer_coding_that_is_not_undone_is_refused(coding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(Client(b"{}", b""), monkeypatch, **{"transfer-encoding": "Chunked "}) == 404
    monkeypatch.setattr(front.Gathering, "answer", lambda *_: pytest.fail("a thread was taken"))
    assert asked(Client(b"{}", b""), monkeypatch, **{"transfer-encoding": coding}) == 400


def test_too_many_that_wait_are_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(b"{}")
    assert asked(client, monkeypatch, waiting=front.MAX_WAITING) == 503
    assert ("retry-after", "5") in client.answers[0][1]


def test_no_more_of_a_body_is_kept_than_any_view_takes() -> None:
    part = b"x" * 300_000
    body = asyncio.run(front._parts(Client(*[part] * 100)))
    assert len(body) == front.MAX_BODY


def test_the_environment_is_that_of_the_standard() -> None:
    made = front.environ(
        scope(path="/ä", content_type="application/json", x_forwarded_for="10.0.0.1", content_length="2", host="h"),
        b"{}",
    )
    assert made["PATH_INFO"].encode("latin-1").decode() == "/ä"
    assert (made["CONTENT_TYPE"], made["CONTENT_LENGTH"], made["QUERY_STRING"]) == ("application/json", "2", "a=b")
    assert (made["HTTP_HOST"], made["HTTP_X_FORWARDED_FOR"], made["REMOTE_ADDR"]) == ("h", "10.0.0.1", "::1")
    assert made["wsgi.input"].read() == b"{}"


def test_a_header_with_an_underscore_cannot_pass_for_another() -> None:
    given = scope()
    given.headers = {"x_forwarded_for": "1.2.3.4"}
    assert "HTTP_X_FORWARDED_FOR" not in front.environ(given, b"")

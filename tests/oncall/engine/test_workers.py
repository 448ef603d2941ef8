"""A killed worker's message is sent by the next one at once; a frozen one's, or another host's, waits for its lease."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from oncall import outbox
from oncall.engine import claims, dispatch, workers
from oncall.models import Page
from oncall.signals import PageEvent
from tests import cast
from tests.cast import NOW
from tests.chaos.servers import until
from tests.oncall.engine.dispatching import Provider, State, draft, later, row, to


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """Another process of this machine."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait(10)
    assert process.stdin
    process.stdin.close()


def named(process: "subprocess.Popen[bytes]") -> str:
    """What that process calls itself."""
    return workers._me.__wrapped__(process.pid)


def state(process: "subprocess.Popen[bytes]") -> str:
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]


class TestGone:
    def test_we_are_not(self) -> None:
        assert not workers.gone(workers.me())

    def test_one_that_runs_or_is_frozen_is_not(self, other: "subprocess.Popen[bytes]") -> None:
        holder = named(other)
        assert not workers.gone(holder)
        other.send_signal(signal.SIGSTOP)
        until(lambda: state(other) == "T", 10, "it is stopped")
        assert not workers.gone(holder)

    def test_one_that_was_killed_is_also_before_its_parent_looks(self, other: "subprocess.Popen[bytes]") -> None:
        holder = named(other)
        other.kill()
        until(lambda: state(other) == "Z", 10, "it is dead")
        assert workers.gone(holder)
        other.wait(10)
        assert workers.gone(holder)

    def test_one_whose_number_another_has_now_is(self) -> None:
        home, _slash, _started = workers.me().rpartition("/")
        assert workers.gone(f"{home}/1")

    def test_nobody_knows_of_another_host_or_of_nobody(self) -> None:
        _home, _bar, rest = workers.me().rpartition("|")
        assert not workers.gone(f"another-boot/pid:[1]|{rest}")
        assert not workers.gone("")

    def test_a_child_is_another_one_than_its_parent(self) -> None:
        reading, writing = os.pipe()
        workers.me()
        if not (child := os.fork()):
            os.write(writing, workers.me().encode())
            os._exit(0)
        os.waitpid(child, 0)
        os.close(writing)
        with os.fdopen(reading) as said:
            assert said.read() not in ("", workers.me())


@pytest.mark.django_db
class TestLeases:
    @pytest.fixture
    def taken(self, provider: Provider, page: Page, other: "subprocess.Popen[bytes]", monkeypatch) -> None:
        """A message under a lease of the other process."""
        to(cast.person("ana"), page)
        outbox.post([draft("a", page)], NOW)
        with monkeypatch.context() as patch:
            patch.setattr(workers, "me", lambda: named(other))
            assert claims.take(row("a").pk, NOW) is not None

    def test_a_killed_ones_message_is_sent_again_at_once(
        self, taken: None, provider: Provider, other: "subprocess.Popen[bytes]", events: list[PageEvent]
    ) -> None:
        other.kill()
        other.wait(10)
        assert dispatch.run(later(seconds=1)) == 2
        assert provider.keys.count("a") == 1
        assert row("a").state == State.SENT
        assert any("sent again" in event.text for event in events)

    def test_a_living_ones_message_waits_for_its_lease(self, taken: None, provider: Provider) -> None:
        dispatch.run(later(seconds=59))
        assert "a" not in provider.keys
        dispatch.run(later(seconds=60))
        assert provider.keys.count("a") == 1

"""P8: no message leaves a database transaction: what is to be sent is a row first."""

from typing import Any

import pytest
from django.db import connection

from oncall import outbox
from oncall.models import Notification
from oncall.transports import REGISTRY
from tests.walks.conftest import MINUTE, World

pytestmark = pytest.mark.django_db(transaction=True)


def test_sending_happens_outside_any_transaction_and_after_the_row(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, str]] = []
    real = REGISTRY["apprise"].send

    def send(message: Any, timeout: float) -> Any:
        seen.append((connection.in_atomic_block, Notification.objects.get(key=message.key).state))
        return real(message, timeout)

    monkeypatch.setattr(REGISTRY["apprise"], "send", send)
    world.post()
    world.tick()
    assert seen == [(False, "sending")]
    assert [message.to for message in world.pages] == ["ana"]


def test_what_is_rolled_back_is_never_sent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.post()
    with monkeypatch.context() as broken:
        real = outbox.post

        def post_then_crash(*args: Any, **kwargs: Any) -> None:
            real(*args, **kwargs)
            raise RuntimeError("pulled plug")

        broken.setattr(outbox, "post", post_then_crash)
        world.tick()
    assert world.messages == []
    assert Notification.objects.count() == 0
    world.run(10 * MINUTE)
    assert "ana" in {message.to for message in world.pages}

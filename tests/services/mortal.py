"""An engine that dies on request: `python mortal.py`, lines of JSON on its input, one answer a line.

{"do": "accept", "at": INSTANT, "key": KEY, "events": [...]}            the sender's door
{"do": "tick", "at": INSTANT, "die": POINT or ""}                       drain, escalate, dispatch; killed at POINT
Each is done by a process of its own, forked from this one; the answer is how it ended: 0, or the signal negated.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import django
import orjson
import time_machine

django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402

from incidents import intake  # noqa: E402
from incidents.engine import drain  # noqa: E402
from incidents.intake import batches  # noqa: E402
from oncall.engine import claims, dispatch, escalate  # noqa: E402
from oncall.transports import REGISTRY  # noqa: E402

settings.CELERY_NUDGES = False
settings.ALLOWED_HOSTS = ["*"]


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()  # until the kernel is done with us


def before(holder: Any, name: str) -> None:
    setattr(holder, name, die)


def after(holder: Any, name: str) -> None:
    original: Callable[..., Any] = getattr(holder, name)

    def step(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        if result:
            die()
        return result

    setattr(holder, name, step)


def after_nothing(holder: Any, name: str) -> None:
    """After a step that returns nothing."""
    original: Callable[..., Any] = getattr(holder, name)

    def step(*args: Any, **kwargs: Any) -> None:
        original(*args, **kwargs)
        die()

    setattr(holder, name, step)


POINTS: dict[str, Callable[[], None]] = {
    "drain, before its commit": lambda: after_nothing(batches, "_work"),
    "drain, after its commit": lambda: after(intake, "drain"),
    "escalate, before its commit": lambda: after_nothing(escalate, "act"),
    "escalate, after its commit": lambda: after(escalate, "sweep"),
    "dispatch, before the claim's commit": lambda: before(claims, "Claimed"),
    "dispatch, after the claim": lambda: after(claims, "take"),
    "dispatch, before the send": lambda: before(REGISTRY["apprise"], "send"),
    "dispatch, after the send": lambda: after(REGISTRY["apprise"], "send"),
    "dispatch, before the mark": lambda: before(dispatch, "_record"),
    "dispatch, within the mark": lambda: after(claims, "settle"),
    "dispatch, after the mark": lambda: after_nothing(dispatch, "_record"),
}


def act(order: dict[str, Any]) -> None:
    now = datetime.fromisoformat(order["at"])
    if order["do"] == "accept":
        with time_machine.travel(now, tick=False):
            path = f"/api/v1/ingest/generic/{order['key']}/"
            answer = Client().post(path, orjson.dumps(order["events"]), content_type="application/json")
        assert answer.status_code == 202, answer.content
        return
    if order["die"]:
        POINTS[order["die"]]()
    drain.run(now)
    escalate.run(now)
    dispatch.run(now)


def main() -> None:
    for line in sys.stdin:
        order = orjson.loads(line)
        child = os.fork()
        if not child:
            try:
                act(order)
                os._exit(0)
            except BaseException as error:
                sys.stderr.write(f"{order}: {error!r}\n")
                sys.stderr.flush()
                os._exit(1)
        _pid, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

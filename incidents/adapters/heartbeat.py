"""Heartbeat: any request is a ping. A ping closes the alert that a missing one opened."""

from datetime import datetime, timedelta

from incidents.adapters.adapter import Adapter
from incidents.adapters.reading import MAX_TITLE, one_line
from incidents.adapters.signal import Action, NewKey, Options, Parsed, Signal

DEDUP_KEY = "heartbeat"


def parse(payload: object, options: Options, new_key: NewKey) -> Parsed:
    """A ping, whatever was sent."""
    return Parsed([Signal(Action.RESOLVE, "ping", DEDUP_KEY)])


def missed(integration_name: str, every_minutes: int, last_ping_at: datetime) -> Signal:
    """The alert that no ping came within `every_minutes` of `last_ping_at`; its severity is the service's default."""
    return Signal(
        Action.TRIGGER,
        one_line(f"{integration_name}: no ping for {every_minutes} min", MAX_TITLE),
        DEDUP_KEY,
        source=one_line(integration_name, 255),
        values={"last ping": last_ping_at.isoformat(timespec="seconds"), "expected every": f"{every_minutes} min"},
        started_at=last_ping_at + timedelta(minutes=every_minutes),
    )


ADAPTER = Adapter(parse, reads_body=False)

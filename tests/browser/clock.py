"""The story's clock: moved by hand, with everything the engine does on the way."""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import time_machine
from django.core.management import call_command

from incidents import intake
from incidents.adapters.signal import Action, Signal
from incidents.models import Incident, Integration, Severity
from oncall.models import User
from oncall.paging import Actor


@dataclass
class Clock:
    """`now` is the real present, where the story ends."""

    now: datetime

    def ago(self, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
        return self.now - timedelta(days=days, hours=hours, minutes=minutes)

    @contextlib.contextmanager
    def at(self, instant: datetime) -> Iterator[datetime]:
        """What stands in the block happens then: also the instants that columns fill in by themselves."""
        with time_machine.travel(instant, tick=False):
            yield instant

    def tick(self, instant: datetime) -> None:
        """Every job once."""
        with self.at(instant), contextlib.redirect_stdout(io.StringIO()):
            call_command("tick", at=instant.isoformat(), verbosity=0)

    def run(self, start: datetime, *minutes: float) -> None:
        """Every job at these minutes after `start`."""
        for each in minutes:
            self.tick(start + timedelta(minutes=each))

    def fire(self, instant: datetime, integration: str, *signals: Signal) -> Incident:
        """A sender's body is received and worked off; the incident that its last alert belongs to."""
        sender = Integration.objects.get(name=integration)
        with self.at(instant):
            intake.accept(sender.pk, list(signals), instant)
        self.tick(instant)
        alert = sender.alerts.filter(dedup_key=signals[-1].dedup_key).latest("pk")
        return Incident.objects.get(pk=alert.incident_id) if alert.incident_id else Incident()


def signal(title: str, key: str, severity: str, action: str = "trigger", **fields: object) -> Signal:
    return Signal(Action(action), title, key, severity, **fields)  # type: ignore[arg-type]


def by(username: str, source: str = "console") -> Actor:
    user = User.objects.get(username=username)
    return Actor(user, str(user), source)


def level(word: str) -> Severity:
    return Severity.objects.get(level=word)

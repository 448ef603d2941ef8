"""What the tests of alerts share: a sender on a service, and its events put into the inbox."""

from datetime import datetime, timedelta

from incidents import intake, integrations
from incidents.adapters.signal import Action, Signal
from incidents.models import InboxItem, Incident, Integration, Service
from tests import cast

NOW = cast.NOW


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def service(name: str = "Checkout", **fields: object) -> Service:
    """A service of a team, whose policy pages Ana."""
    policy = cast.policy(f"{name} policy", [(0, [cast.to_user(cast.person(f"ana-{name.lower()}"))])])
    return cast.service(name, cast.team(name), policy, **fields)


def sender(service: Service, format: str = "generic", name: str = "Probe", **fields: object) -> tuple[Integration, str]:
    integration, key = integrations.create(service, name, format, NOW)
    if fields:
        for field, value in fields.items():
            setattr(integration, field, value)
        integration.save()
    return integration, key


def event(key: str = "disk", severity: str = "critical", action: str = "trigger", **fields: object) -> Signal:
    title = str(fields.pop("title", f"{key} is broken"))
    return Signal(Action(action), title, key, severity, **fields)  # type: ignore[arg-type]


def send(integration: Integration, *signals: Signal, at: datetime = NOW) -> InboxItem:
    """Accept one body; its row."""
    intake.accept(integration.pk, list(signals), at)
    return InboxItem.objects.order_by("-pk")[0]


def deliver(integration: Integration, *signals: Signal, at: datetime = NOW) -> None:
    """Accept one body and drain."""
    send(integration, *signals, at=at)
    assert intake.drain(at) >= 1


def only_incident() -> Incident:
    return Incident.objects.get()

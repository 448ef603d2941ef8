"""One file per sender's format: a decoded payload becomes a list of signals. Pure; `FORMATS` is the registry."""

from incidents.adapters import alertmanager, generic, heartbeat, pagerduty
from incidents.adapters.adapter import Adapter
from incidents.adapters.signal import Options

FORMATS: dict[str, Adapter] = {
    "generic": generic.ADAPTER,
    "alertmanager": alertmanager.ADAPTER,
    "pagerduty": pagerduty.ADAPTER,
    "heartbeat": heartbeat.ADAPTER,
}

__all__ = ["FORMATS", "Adapter", "Options"]

"""Changes in words, for the plan: old and new value, short, without secrets."""

from datetime import datetime, time
from typing import Any

from oncall.logic.addresses import masked
from oncall.text import one_line

LONGEST = 90


def difference(field: str, before: Any, after: Any) -> str:
    """One field's change on one line; of lists, what came and what went."""
    if isinstance(after, list) and (before is None or isinstance(before, list)):
        old = before or []
        gone = [shown(item) for item in old if item not in after]
        come = [shown(item) for item in after if item not in old]
        parts = [f"-{item}" for item in gone[:3]] + [f"+{item}" for item in come[:3]]
        more = len(gone[3:]) + len(come[3:])
        told = " ".join(parts) + (f" … {more} more" if more else "")
        return f"{field} {told or 'in another order'}"
    if field == "address":
        before, after = masked(before or ""), masked(after)
    return f"{field} {shown(before)} → {shown(after)}"


def shown(value: Any) -> str:
    """A value as short text: as it would be written in a document, addresses masked."""
    return one_line(_written(value), LONGEST)


def _written(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, list):
        return "[" + ", ".join(_written(item) for item in value) + "]"
    if isinstance(value, dict):
        pairs = ((k, masked(v) if k == "address" else v) for k, v in value.items() if v not in (None, "", []))
        return "{" + ", ".join(f"{k}: {_written(v)}" for k, v in pairs) + "}"
    return str(value)

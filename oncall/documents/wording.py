"""Changes in words, for the plan: old and new value, short, without secrets."""

from datetime import datetime, time
from typing import Any

from oncall.logic.addresses import masked
from oncall.text import one_line

LONGEST = 90  # characters of one value
MOST = 6  # items of one list


def difference(field: str, before: Any, after: Any) -> str:
    """One field's change on one line; of lists, what came and what went."""
    if isinstance(after, list) and (before is None or isinstance(before, list)):
        return f"{field} {_items(before or [], after) or 'in another order'}"
    if field == "address":
        before, after = masked(before or ""), masked(after)
    return f"{field} {shown(before)} → {shown(after)}"


def _items(before: list[Any], after: list[Any]) -> str:
    """What came, what went, and what changed in those that have a name."""
    gone = [item for item in before if item not in after]
    come = [item for item in after if item not in before]
    parts = []
    for new in list(come):
        old = next((item for item in gone if _name(item) and _name(item) == _name(new)), None)
        if old is not None:
            gone.remove(old)
            come.remove(new)
            inner = "; ".join(difference(key, old.get(key), new[key]) for key in new if old.get(key) != new[key])
            parts.append(f"{_name(new)} ({inner})")
    parts += [f"-{shown(item)}" for item in gone] + [f"+{shown(item)}" for item in come]
    return " ".join(parts[:MOST]) + (f" … {len(parts) - MOST} more" if len(parts) > MOST else "")


def _name(item: Any) -> str:
    return str(item.get("name") or item.get("slug") or "") if isinstance(item, dict) else ""


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

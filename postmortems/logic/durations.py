"""How long it took, by name; and whether the duration that somebody stated agrees."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from postmortems.logic.document import Document, Instants

# name → (from, to); in the order in which they are shown.
SPANS: Final = {
    "change_to_alert": ("changed_at", "alerted_at"),
    "impact_to_alert": ("impact_started_at", "alerted_at"),
    "alert_to_acknowledged": ("alerted_at", "acknowledged_at"),
    "alert_to_cause": ("alerted_at", "cause_found_at"),
    "alert_to_rolled_back": ("alerted_at", "rolled_back_at"),
    "alert_to_recovered": ("alerted_at", "recovered_at"),
    "impact_to_recovered": ("impact_started_at", "recovered_at"),
    "change_to_recovered": ("changed_at", "recovered_at"),
}
END: Final = "recovered_at"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A stated duration beside the derived ones.

    `equals` names the derived durations of the same length. `differs` where none of them ends with the recovery:
    then `compared_with` names the one that should have been stated, and `difference` is how much longer that is.
    """

    stated: timedelta
    equals: tuple[str, ...]
    differs: bool
    compared_with: str | None = None
    difference: timedelta | None = None


def change_to_alert(instants: Instants) -> timedelta | None:
    """From the last deploy or other change until the alert."""
    return _between(instants, "change_to_alert")


def impact_to_alert(instants: Instants) -> timedelta | None:
    """How long it hurt unseen."""
    return _between(instants, "impact_to_alert")


def alert_to_acknowledged(instants: Instants) -> timedelta | None:
    """Until somebody answered."""
    return _between(instants, "alert_to_acknowledged")


def alert_to_rolled_back(instants: Instants) -> timedelta | None:
    """Until the change was undone, which need not be the end."""
    return _between(instants, "alert_to_rolled_back")


def alert_to_recovered(instants: Instants) -> timedelta | None:
    """Until all was normal again, counted from when we knew."""
    return _between(instants, "alert_to_recovered")


def impact_to_recovered(instants: Instants) -> timedelta | None:
    """How long it hurt."""
    return _between(instants, "impact_to_recovered")


def change_to_recovered(instants: Instants) -> timedelta | None:
    """From the last deploy or other change until all was normal again."""
    return _between(instants, "change_to_recovered")


def derived(instants: Instants) -> dict[str, timedelta]:
    """Every duration whose two instants are known, by name."""
    return {name: span for name in SPANS if (span := _between(instants, name)) is not None}


def compare(document: Document) -> Comparison | None:
    """The stated duration against the derived ones; None where none is stated or nothing can be derived."""
    stated, known = document.stated_duration, derived(document.instants)
    if stated is None or not known:
        return None
    equals = tuple(name for name, span in known.items() if span == stated)
    to_the_end = [name for name in known if SPANS[name][1] == END]
    if not to_the_end or set(equals) & set(to_the_end):
        return Comparison(stated, equals, differs=False)
    # Counted from the same beginning, else from when it hurt, else from when we knew.
    beginnings = [SPANS[name][0] for name in equals] + ["impact_started_at", "alerted_at", "changed_at"]
    other = next(name for start in beginnings for name in to_the_end if SPANS[name][0] == start)
    return Comparison(stated, equals, differs=True, compared_with=other, difference=known[other] - stated)


def _between(instants: Instants, name: str) -> timedelta | None:
    start, end = (getattr(instants, each) for each in SPANS[name])
    return None if start is None or end is None else end - start

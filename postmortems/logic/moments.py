"""The named instants of an incident, found in a timeline that people wrote.

A line says what happened in its author's words; the first line that speaks of a moment is that moment, the recovery is
the last one that does. What is found so is a proposal: the importer lists it.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from postmortems.logic.document import Instants, TimelineItem

# In this order a line is asked what it speaks of; the first answer counts.
_SAYINGS: Final = {
    "recovered_at": (
        r"recover(?:ed|y|s)",
        r"(?:back|returned) to normal",
        r"normal\b",
        r"(?:service|system|traffic|checkout|payments?)\b.*\b(?:restored|healthy|stable)",
        r"restored",
        r"resolved",
        r"all[- ]clear",
        r"fully operational",
    ),
    "rolled_back_at": (
        r"roll(?:ed)?[- ]?back\b.*\b(?:complete[ds]?|completion|done|finish(?:ed|es)?|successful(?:ly)?|over|live)",
        r"(?:complete[ds]?|finish(?:ed|es)?|done with)\b.*\broll[- ]?back",
        r"revert(?:ed)?\b.*\b(?:complete[ds]?|done|finished|live)",
    ),
    "mitigation_started_at": (
        r"roll(?:ed|ing|s)?[- ]?back",
        r"revert(?:ed|ing|s)?\b",
        r"mitigat(?:ion|ing|ed)\b",
        r"fail(?:ed|ing)? ?over (?:started|to|initiated)",
    ),
    "acknowledged_at": (
        r"ack(?:ed|s)?\b",
        r"acknowledg\w*",
        r"on-?call (?:engineer )?(?:respond\w*|answer\w*|joins?|joined)",
    ),
    "gathered_at": (r"war room|bridge|incident channel|channel\b", r"incident commander|commander\b|ic assigned"),
    "cause_found_at": (
        r"(?:root )?cause\b.*\b(?:identified|found|confirmed|located|known|determined|discovered|was|is|:)",
        r"(?:identif(?:ied|ies)|found|confirmed|located|determined|discovered|pinpointed|isolated)\b"
        r".*\b(?:cause|culprit)",
        r"root cause",
    ),
    "issue_found_at": (
        r"(?:issue|problem|fault)\b.*\b(?:identified|found|confirmed|isolated|traced|located)",
        r"(?:identif(?:ied|ies)|found|confirmed|isolated|located|discovered)\b.*\b(?:issue|problem|fault|slow|quer)",
    ),
    "alerted_at": (r"alert(?:s|ed)?\b", r"pag(?:ed|er)\b", r"alarm", r"monitoring (?:fired|detect\w*|trigger\w*)"),
    "impact_started_at": (
        r"(?:impact|errors?|failures?|outage|degradation)\b.*\b(?:began|begins?|starts?|started)",
        r"first (?:failed|failing|failure|error)",
        r"customers? (?:began|started)",
    ),
    "changed_at": (
        r"deploy(?:ed|ment|s)?\b",
        r"released?\b",
        r"config(?:uration)? change",
        r"merged\b",
        r"rolled out|roll-?out",
        r"migration (?:ran|run|applied|started)",
    ),
}
_PATTERNS: Final = tuple(
    (name, re.compile(rf"\b(?:{'|'.join(sayings)})", re.IGNORECASE)) for name, sayings in _SAYINGS.items()
)
# Of these the last line counts; of the others the first. A deploy counts only before the alert.
_LAST: Final = {"recovered_at", "rolled_back_at", "changed_at"}
_BEFORE_ALERT: Final = {"changed_at", "impact_started_at"}
_UNSEEN: Final = re.compile(
    r"\b(\d{1,4})\s*(?:-\s*)?min(?:ute)?s?\b[^.\n]{0,20}?\b(?:from|between|after)\s+(?:the\s+)?(?:first\s+)?"
    r"(?:failures?|faults?|errors?|impact|failed request|outage|onset)\s+(?:to|and|until)\s+(?:the\s+)?"
    r"(?:first\s+)?(?:alert|detection|page|alarm)",
    re.IGNORECASE | re.ASCII,
)


def moment_of(text: str) -> str | None:
    """Which named instant a line of a timeline speaks of, as a name of `Instants`; None for none."""
    line = text[:500]
    return next((name for name, pattern in _PATTERNS if pattern.search(line)), None)


def instants_in(timeline: Iterable[TimelineItem]) -> Instants:
    """The named instants of a timeline, as far as it tells them. Lines may stand in any order."""
    found: dict[str, datetime] = {}
    ordered = sorted(timeline, key=lambda item: item.at)
    alerted_at = next((item.at for item in ordered if moment_of(item.text) == "alerted_at"), None)
    for item in ordered:
        name = moment_of(item.text)
        if name is None or (name in _BEFORE_ALERT and alerted_at is not None and item.at > alerted_at):
            continue
        if name in _LAST or name not in found:
            found[name] = item.at
    values: dict[str, Any] = dict(found)
    return Instants(**values)


def unseen_for(text: str) -> timedelta | None:
    """How long the failure went unseen, where a text says it: "3 minutes from failure to alert"."""
    found = _UNSEEN.search(text[:20_000])
    return timedelta(minutes=int(found[1])) if found else None


def with_onset(instants: Instants, unseen: timedelta | None) -> Instants:
    """With the beginning of the impact counted back from the alert, where it is not known otherwise."""
    if unseen is None or instants.alerted_at is None or instants.impact_started_at is not None:
        return instants
    return replace(instants, impact_started_at=instants.alerted_at - unseen)

"""A postmortem as Markdown: good to read, and read back by `reading_markdown` as the same document."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from postmortems.logic.amounts import written_duration, written_instant
from postmortems.logic.document import Action, Document, Factor, Impact, Waiver, Why
from postmortems.logic.markdown_lines import escaped, item_lines, joined, table, written_person
from postmortems.logic.markdown_names import ACTIONS, ATTENDEES, FACTORS, FIELDS, GAPS, IMPACT, INSTANTS, head, heading
from postmortems.logic.reading import one_line


def write(document: Document) -> str:
    """The whole document; times are UTC. What is empty is left out, but for the key times."""
    parts = [f"# {one_line(document.title)}".rstrip(), "\n".join(_fields(document))]
    parts += [f"## {name}\n\n{body}".rstrip() for name, body in _sections(document)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _fields(document: Document) -> Iterator[str]:
    stated = document.stated_duration
    values = {
        "date": document.happened_on.isoformat() if document.happened_on else "",
        "duration": "" if stated is None else written_duration(stated),
        "severity": document.severity,
        "assessed": document.assessed,
        "authors": joined(written_person(person) for person in document.authors),
        "services": joined(document.services),
        "tags": joined(document.tags),
    }
    return (f"**{FIELDS[name][0]}:** {value}" for name, value in values.items() if value)


def _sections(document: Document) -> Iterator[tuple[str, str]]:
    """(heading, body) of what is not empty, in the order in which it is read."""
    bodies = {
        "summary": escaped(document.summary),
        "impact": _impact(document.impact),
        "timeline": "\n".join(_timeline(document)),
        "detection": escaped(document.detection),
        "root_cause": escaped(document.root_cause.text),
        "waiver": "\n".join(_waiver(document.root_cause.waiver)),
        "five_whys": _five_whys(document),
        "factors": "\n".join(_table(FACTORS, map(_factor, document.factors))),
        "went_well": escaped(document.went_well),
        "went_poorly": escaped(document.went_poorly),
        "got_lucky": escaped(document.got_lucky),
        "lessons": escaped(document.lessons),
        "gaps": "\n".join(_table(GAPS, ([gap.kind, gap.text] for gap in document.gaps))),
        "actions": "\n".join(_table(ACTIONS, map(_action, document.actions))),
        "attendees": "\n".join(_table(ATTENDEES, _attendees(document))),
        "review": "\n".join(_times({"Scheduled": document.review.scheduled_at, "Held": document.review.held_at})),
    }
    for name, body in bodies.items():
        if name == "timeline":
            times = {label: getattr(document.instants, field) for field, label in INSTANTS.items()}
            yield f"{heading('key_times')} (UTC)", "\n".join(_times(times))
        if body:
            yield heading(name) + (" (UTC)" if name in {"timeline", "review"} else ""), body


def _impact(impact: Impact) -> str:
    amounts = {
        "users_affected": _number(impact.users_affected),
        "revenue": ""
        if impact.revenue_amount is None
        else f"{impact.revenue_currency} {impact.revenue_amount:f}".strip(),
        "error_budget_percent": "" if impact.error_budget_percent is None else f"{impact.error_budget_percent:f} %",
        "failed_requests": _number(impact.failed_requests),
        "support_tickets": _number(impact.support_tickets),
    }
    lines = [f"- {IMPACT[name]}: {value}" for name, value in amounts.items() if value]
    text = escaped(impact.text)
    # A list that the text begins with must not be taken for ours.
    text = f"\\{text}" if text.startswith("- ") else text
    return "\n\n".join(part for part in ("\n".join(lines), text) if part)


def _timeline(document: Document) -> Iterator[str]:
    for item in document.timeline:
        entry = "" if item.entry is None else f" [#{item.entry}]"
        first, *others = item_lines(item.text)
        yield f"- {written_instant(item.at)}{entry} - {first.removeprefix('- ')}"
        yield from others


def _waiver(waiver: Waiver | None) -> Iterator[str]:
    if waiver:
        yield from item_lines(f"Reason: {waiver.reason}")
        yield from item_lines(f"Signed by: {written_person(waiver.signer)}")


def _five_whys(document: Document) -> str:
    whys = document.five_whys
    symptom = f"Symptom: {one_line(whys.symptom)}" if whys.symptom else ""
    return "\n\n".join(part for part in (symptom, "\n".join(_whys(whys.whys, 0))) if part)


def _whys(whys: Iterable[Why], depth: int) -> Iterator[str]:
    for why in whys:
        mark = "**Cause:** " if why.is_cause else ""
        yield f"{'  ' * depth}- {mark}{escaped(one_line(why.text), item=True)}"
        yield from _whys(why.deeper, depth + 1)


def _factor(factor: Factor) -> list[str]:
    waiver = factor.waiver or Waiver()
    return [factor.key, factor.text, factor.factor_class or "", waiver.reason, written_person(waiver.signer)]


def _action(action: Action) -> list[str]:
    due = action.due_on.isoformat() if action.due_on else ""
    return [
        *(action.description, written_person(action.owner), due, action.priority, action.kind or "", action.status),
        *(joined(action.addresses), action.link, action.evidence, action.reason, written_person(action.approver)),
    ]


def _attendees(document: Document) -> Iterator[list[str]]:
    said = {None: "", True: "yes", False: "no"}
    for attendee in document.attendees:
        yield [written_person(attendee.person), attendee.role, said[attendee.attended]]


def _table(columns: Mapping[str, tuple[str, ...]], rows: Iterable[list[str]]) -> list[str]:
    """The table without the columns in which nothing stands; the first two are always there."""
    rows = list(rows)
    kept = [n for n in range(len(columns)) if n < 2 or any(row[n] for row in rows)]
    names = head(columns)
    return table([names[n] for n in kept], ([row[n] for n in kept] for row in rows)) if rows else []


def _times(times: dict[str, datetime | None]) -> Iterator[str]:
    return (f"- {label}: {written_instant(at)}" for label, at in times.items() if at)


def _number(number: int | None) -> str:
    return "" if number is None else f"{number:,}"

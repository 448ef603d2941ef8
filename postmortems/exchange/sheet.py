"""A postmortem as a page to read, print and keep: one HTML document, from its values alone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from oncall.logic.hours import sound_zone
from oncall.text import markdown
from postmortems.exchange import words
from postmortems.exchange.words import lasting
from postmortems.logic import document as doc
from postmortems.logic import durations
from postmortems.models import ActionItem, Factor, ObservabilityGap, Postmortem
from postmortems.values import document_of

STYLE: Final = "css/sheet.css"
PAGE: Final = "postmortems/document.html"


def page(row: Postmortem, *, zone: str = "", inline: bool = False, **more: Any) -> str:
    """The document. `zone`: whose times stand beside UTC; `inline`: with its style in it, needing nothing else."""
    return render_to_string(PAGE, {**context(row, zone), "style": style() if inline else None, "path": STYLE, **more})


def style() -> SafeString:
    """The style sheet's text."""
    return mark_safe(Path(str(finders.find(STYLE))).read_text(encoding="utf-8"))  # noqa: S308  # our own file


def context(row: Postmortem, zone: str = "") -> dict[str, Any]:
    """What the page shows; a bounded number of queries."""
    document = document_of(row)
    there = ZoneInfo(sound_zone(zone)) if zone else None
    return {
        "row": row,
        "document": document,
        "sentence": row.kind == Postmortem.Kind.SENTENCE,
        "state": row.get_state_display(),
        "facts": [(label, value) for label, value in _facts(row, document) if value],
        "spans": [(words.SPANS[name], lasting(span)) for name, span in durations.derived(document.instants).items()],
        "stated": words.stated(durations.compare(document)),
        "instants": [
            (words.INSTANTS[name], _utc(at), _local(at, there))
            for name in doc.INSTANTS
            if (at := getattr(document.instants, name)) is not None
        ],
        "zone": zone,
        "amounts": list(_amounts(document.impact)),
        "timeline": [(_utc(item.at), _local(item.at, there), markdown(item.text)) for item in document.timeline],
        "before": list(_prose(("summary", _("Summary"), document.summary))),
        "impact": markdown(document.impact.text) if document.impact.text else "",
        "causes": list(
            _prose(
                ("detection", _("Detection"), document.detection),
                ("root-cause", _("Root cause"), document.root_cause.text),
            )
        ),
        "waiver": document.root_cause.waiver,
        "whys": _branches(document.five_whys.whys),
        "factors": [
            (each, Factor.Kind(each.factor_class).label if each.factor_class else "") for each in document.factors
        ],
        "after": list(
            _prose(
                ("well", _("What went well"), document.went_well),
                ("poorly", _("What went poorly"), document.went_poorly),
                ("lucky", _("Where we got lucky"), document.got_lucky),
                ("lessons", _("Lessons"), document.lessons),
            )
        ),
        "gaps": [(ObservabilityGap.Kind(each.kind).label, each.text) for each in document.gaps],
        "actions": [(each, ActionItem.Status(each.status).label) for each in document.actions],
        "attendees": [(each, {None: "", True: _("yes"), False: _("no")}[each.attended]) for each in document.attendees],
        "review": [
            (label, _utc(at))
            for label, at in ((_("Scheduled"), document.review.scheduled_at), (_("Held"), document.review.held_at))
            if at
        ],
    }


def _facts(row: Postmortem, it: doc.Document) -> Iterator[tuple[str, str]]:
    yield _("Date"), it.happened_on.isoformat() if it.happened_on else ""
    yield _("Severity"), it.severity
    yield _("Assessed"), it.assessed
    yield _("Service"), ", ".join(it.services)
    yield _("Incident"), row.incident.number if row.incident else ""
    yield _("Authors"), ", ".join(each.name for each in it.authors)
    yield _("Tags"), ", ".join(it.tags)
    yield _("Published"), _utc(row.published_at) + " UTC" if row.published_at else ""


def _amounts(it: doc.Impact) -> Iterator[tuple[str, str]]:
    if it.users_affected is not None:
        yield _("Users affected"), f"{it.users_affected:,}"
    if it.revenue_amount is not None:
        yield _("Revenue"), f"{it.revenue_currency} {it.revenue_amount:,f}"
    if it.error_budget_percent is not None:
        yield _("Error budget consumed"), f"{it.error_budget_percent:f} %"
    if it.failed_requests is not None:
        yield _("Failed requests"), f"{it.failed_requests:,}"
    if it.support_tickets is not None:
        yield _("Support tickets"), f"{it.support_tickets:,}"


def _prose(*texts: tuple[str, str, str]) -> Iterator[tuple[str, str, SafeString]]:
    """(anchor, heading, HTML) of those that are written."""
    return ((name, heading, markdown(text)) for name, heading, text in texts if text)


def _branches(whys: tuple[doc.Why, ...], depth: int = 0) -> list[tuple[int, doc.Why]]:
    """Every why with its depth, each below the one it explains."""
    return [each for why in whys for each in ((min(depth, 9), why), *_branches(why.deeper, depth + 1))]


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def _local(at: datetime, there: ZoneInfo | None) -> str:
    return f"{at.astimezone(there):%H:%M %Z}" if there and there.key not in {"UTC", "Etc/UTC"} else ""

"""The lists of a postmortem (timeline, factors, whys, attendees …): a whole list replaces the list."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from incidents.lifecycle import Refused
from oncall.models import User
from oncall.text import plain
from postmortems import events
from postmortems.drafting.editing import Stale, check_open, touched
from postmortems.models import (
    Attendee,
    Author,
    Factor,
    ObservabilityGap,
    Postmortem,
    Tag,
    TimelineItem,
    Why,
)

MOST: Final = 500
# What of each list people write; a row is known by its `id`, one without is new.
LISTS: Final[Mapping[str, tuple[type[models.Model], tuple[str, ...]]]] = {
    "authors": (Author, ("person", "name")),
    "timeline": (TimelineItem, ("at", "text", "entry")),
    "whys": (Why, ("parent", "position", "text", "is_cause")),
    "factors": (Factor, ("position", "text", "factor_class")),
    "attendees": (Attendee, ("person", "name", "role", "attended")),
    "gaps": (ObservabilityGap, ("kind", "text")),
    "tags": (Tag, ("word",)),
}


def put(
    postmortem: Postmortem, version: int, name: str, rows: Sequence[Mapping[str, Any]], by: User | None, now: datetime
) -> Postmortem:
    """Replace the list `name` (see LISTS): rows with an `id` are changed, others added, those left out removed. A why
    may say by `under`, a place in the list before its own, which one it explains.

    Raises Stale, Refused (the list or the row's field at fault), NotAllowed.
    """
    if name not in LISTS:
        raise Refused(_("Unknown field."), name)
    if len(rows) > MOST:
        raise Refused(_("At most 500 rows."), name)
    with events.locked(postmortem) as fresh:
        check_open(fresh, by)
        if fresh.version != version:
            raise Stale(fresh)
        model, columns = LISTS[name]
        present = {row.pk: row for row in getattr(fresh, name).all()}
        kept = [_row(model, columns, fresh, present, given) for given in rows]
        keys = {row.pk for row in kept if row.pk}
        gone = getattr(fresh, name).exclude(pk__in=keys)
        if model is Why:  # what explained one that goes stays, and explains the symptom
            Why.objects.filter(parent__in=gone.values("pk"), pk__in=keys).update(parent=None)
        gone.delete()
        for place, (row, given) in enumerate(zip(kept, rows, strict=True)):
            if "under" in given:
                row.parent = _above(kept, place, given["under"])
            _save(row, name)
        touched(fresh, by, now)
        return fresh


def _save(row: models.Model, name: str) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused(_("“%(what)s” stands in it twice.") % {"what": row}, name) from error


def _above(kept: Sequence[Any], place: int, under: int | None) -> Any:
    if under is not None and not 0 <= under < place:
        raise Refused(_("A why stands below the one it explains."), "under")
    return None if under is None else kept[under]


def _row(
    model: type[models.Model],
    columns: Sequence[str],
    postmortem: Postmortem,
    present: Mapping[int, models.Model],
    given: Mapping[str, Any],
) -> Any:
    key = given.get("id")
    row: Any = present.get(key) if key is not None else model(postmortem=postmortem)
    if row is None:
        raise Refused(_("There is no such row."), "id")
    for column in columns:
        if column in given:
            value = given[column]
            if isinstance(row, TimelineItem) and column == "at" and row.pk and value == row.at.replace(microsecond=0):
                continue  # as exact as a form shows it: nobody changed it
            setattr(row, column, plain(value).strip() if isinstance(value, str) else value)
    if isinstance(row, Attendee | Author) and row.person is not None:
        row.name = row.name or str(row.person)
    if isinstance(row, Why) and row.parent_id is not None and row.parent_id not in present:
        raise Refused(_("It explains a why of another postmortem."), "parent")
    if isinstance(row, TimelineItem) and not _knows(postmortem, row):
        raise Refused(_("It is an entry of another incident."), "entry")
    try:
        row.clean_fields(exclude=["postmortem", "parent", "entry", "person"])
    except ValidationError as error:
        column, messages = next(iter(error.message_dict.items()))
        raise Refused(messages[0], column) from error
    return row


def _knows(postmortem: Postmortem, row: TimelineItem) -> bool:
    """Whether the entry that it rewords is one of the postmortem's own incident."""
    return row.entry is None or row.entry.incident_id == postmortem.incident_id

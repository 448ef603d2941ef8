"""What the two pages show: sections with their hints, errors and conflicts; what is missing; facts beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.forms import BoundField
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from incidents.models import Service, TimelineEntry
from oncall.models import User
from oncall.text import markdown
from postmortems import publishing, rights
from postmortems.admin import panel, shapes
from postmortems.admin.editor import fields, lists
from postmortems.admin.editor.lists import ROWS, List
from postmortems.admin.editor.saving import Conflict, Saved
from postmortems.admin.editor.texts import INSTANTS, PROMPTS, TextForm
from postmortems.admin.panel import Hint
from postmortems.drafting import marks
from postmortems.drafting.facts import INVITED, TOLD
from postmortems.drafting.parts import LISTS
from postmortems.models import Postmortem

MOST_ENTRIES: Final = 200
MOST_SERVICES: Final = 300
DEEPEST: Final = 6  # beyond that a why is not moved further to the right
FIGURES: Final = ("users_affected", "failed_requests", "support_tickets", "error_budget_percent")
# Where the page shows a place of the document, where that is not its name.
PLACES: Final = {
    "authors": "about",
    "severity": "about",
    "contributing_factors": "factors",
    "action_items": "actions",
    "attendees": "review",
}
REASONS: Final = (
    INVITED,
    _("responder"),
    _("incident commander"),
    _("team lead"),
    _("knows the service"),
    _("talks to customers"),
)


@dataclass(frozen=True, slots=True)
class Missing:
    """One finding: what to do, its rule, and where on the page (or elsewhere) that is."""

    rule: str
    words: str
    where: str
    group: str


@dataclass(slots=True)
class Shown:
    """One field of the page."""

    field: BoundField
    wrong: str = ""
    prompt: Any = ""
    hints: Sequence[Hint] = ()
    conflict: Conflict | None = None
    preview: SafeString | None = None

    @property
    def section(self) -> str:
        return section_of(self.field.name)


@dataclass(frozen=True, slots=True)
class ShownList:
    """One list of the page; `newer`: somebody else changed it and it is not shown yet."""

    name: str
    rows: list[lists.Row]
    blank: lists.Row
    wrong: str
    conflict: Conflict | None
    newer: bool


def section_of(name: str) -> str:
    return next((section for section, names in marks.SECTIONS.items() if name in names), name)


def editor(
    row: Postmortem,
    user: User,
    now: datetime,
    saved: Saved | None = None,
    *,
    asked: int | None = None,
    previews: bool = False,
) -> dict[str, Any]:
    """The values of the page on which it is written; `saved` is what somebody has just sent and what is left of it,
    `asked` the why below which another one is to be written."""
    form = saved.form if saved else first_form(row)
    shown = {**({} if saved is None else saved.lists)}
    shown |= {name: lists.stored(row, name, asked) for name in ROWS if name not in shown}
    hints = panel.hints(row)
    return {
        **panel.context(row, user, now),
        "form": form,
        "fields": {name: _shown(form, name, hints, saved, previews) for name in form.fields},
        "lists": {name: _list(each, saved) for name, each in shown.items()},
        "marks": _marks(row, form, shown, saved),
        "figures": FIGURES,
        "instants": INSTANTS,
        "missing": missing(row),
        "hint_count": sum(len(each) for each in hints.values()),
        "entries": _entries(row),
        "people": fields.people(),
        "services": list(Service.objects.order_by("name").values_list("slug", "name")[:MOST_SERVICES]),
        "reasons": REASONS,
        "saved": saved,
    }


def reader(row: Postmortem, user: User, now: datetime, unsaved: Sequence[Conflict] = ()) -> dict[str, Any]:
    """The values of the page on which it is read; `unsaved` is what somebody sent when nothing could be saved."""
    texts = {name: markdown(getattr(row, name)) for name in PROMPTS if getattr(row, name)}
    figures = [(row._meta.get_field(name).verbose_name, getattr(row, name)) for name in FIGURES]  # type: ignore[union-attr]
    whys = list(lists.stored(row, "whys").forms[:-1])
    deepen(whys)
    return {
        **panel.context(row, user, now),
        "texts": texts,
        "figures": [(words, number(value)) for words, value in figures if value is not None],
        "revenue": "" if row.revenue_amount is None else f"{number(row.revenue_amount)} {row.revenue_currency}",
        "whys": [(each.initial, each.depth) for each in whys],
        "factors": list(row.factors.select_related("waiver_signer")),
        "gaps": list(row.gaps.all()),
        "timeline": [(item, shapes.utc_first(item.at)) for item in row.timeline.all()],
        "attendees": list(row.attendees.select_related("person")),
        "authors": list(row.authors.select_related("person")),
        "tags": list(row.tags.all()),
        "missing": missing(row) if row.state in Postmortem.UNPUBLISHED else [],
        "unsaved": [(_name(each.section), each) for each in unsaved],
        "may_comment": rights.may(row, user, rights.COMMENT, owner=True),
    }


def _name(section: str) -> str:
    if section in LISTS:
        return str(LISTS[section][0]._meta.verbose_name_plural)
    field: Any = Postmortem._meta.get_field(marks.SECTIONS[section][0])
    return str(field.verbose_name)


def number(value: int | Decimal) -> str:
    """With its thousands apart, without cents that are none: 12,500 · 35.5."""
    return f"{value:,}" if value != int(value) else f"{int(value):,}"


def first_form(row: Postmortem) -> TextForm:
    return TextForm(instance=row, initial={"service": row.service.slug if row.service else ""})


def missing(row: Postmortem) -> list[Missing]:
    """What is missing before it can be published, each with where to mend it."""
    if row.kind == Postmortem.Kind.SENTENCE:
        return []
    actions = list(row.actions.values_list("pk", flat=True))
    found = []
    for each in publishing.missing(row):
        words = _t(each.message.message) % dict(each.message.values)
        found.append(Missing(each.rule, words, _where(each.where, actions), each.group))
    return found


def _where(place: str, actions: list[int]) -> str:
    name, bracket, rest = place.partition("[")
    number = rest.partition("]")[0]
    if name == "action_items" and bracket and number.isdecimal() and int(number) < len(actions):
        return reverse("admin:postmortems_actionitem_change", args=[actions[int(number)]])
    name = name.partition(".")[0]
    return f"#{PLACES.get(name, name)}"


def deepen(rows: list[Any]) -> None:
    """Say of each why how deep it is."""
    depths: dict[str, int] = {}
    for row in rows:
        value = row["under"].value()
        under = "" if value is None else str(value)
        depth = depths.get(under, -1) + 1 if under else 0
        depths[str(row.prefix).rpartition("-")[2]] = depth
        row.depth = min(depth, DEEPEST)


def _shown(form: TextForm, name: str, hints: Mapping[str, list[Hint]], saved: Saved | None, previews: bool) -> Shown:
    bound = form[name]
    shown = Shown(bound, prompt=PROMPTS.get(name, ""), hints=hints.get(name, []))
    if saved is not None:
        shown.wrong = saved.wrong.get(name, "")
        first = marks.SECTIONS[section_of(name)][0] == name
        shown.conflict = saved.conflicts.get(section_of(name)) if first else None
    if previews and name in PROMPTS and (text := bound.value()):
        shown.preview = markdown(str(text))
    return shown


def _list(each: List, saved: Saved | None) -> ShownList:
    if each.name == "whys":
        deepen([*each.forms, each.blank])
    return ShownList(
        name=each.name,
        rows=each.forms,
        blank=each.blank,
        wrong=saved.wrong.get(each.name, "") if saved else "",
        conflict=saved.conflicts.get(each.name) if saved else None,
        newer=saved is not None and each.name in saved.newer,
    )


def _marks(row: Postmortem, form: TextForm, shown: Mapping[str, List], saved: Saved | None) -> dict[str, str]:
    """Of every section what was read: as it stands there now, and of what is not settled what its writer had read."""
    found = {name: each.mark for name, each in shown.items()}
    for section in marks.SECTIONS:
        sent = form.data.get(f"read-{section}") if saved else None
        found[section] = str(sent)[: marks.LENGTH] if sent is not None else marks.current(row, section)
    return {**found, **(saved.marks if saved else {})}


def _entries(row: Postmortem) -> list[TimelineEntry]:
    """What the incident's timeline has and this one has not, the telling ones first."""
    if row.incident is None:
        return []
    there = row.timeline.filter(entry__isnull=False).values("entry")
    rows = row.incident.timeline.exclude(pk__in=there).order_by("at", "pk")[:MOST_ENTRIES]
    return sorted(rows, key=lambda entry: entry.kind not in TOLD)

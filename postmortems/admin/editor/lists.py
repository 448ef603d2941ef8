"""The lists of the page: rows of small forms, numbered in their names, in the order in which they stand."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from django import forms
from django.db.models import Count
from django.http import QueryDict
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from postmortems import drafting
from postmortems.admin.editor.fields import Person, UtcField, read_mark, written
from postmortems.drafting import marks
from postmortems.drafting.parts import MOST
from postmortems.models import Factor, ObservabilityGap, Postmortem

BLANK: Final = "new"  # in the names of a row that a script copies
_NAMED: Final = re.compile(r"(\d{1,4})-")


class Row(forms.Form):
    """A row; `words` are the fields of which one at least is filled, else the row is none."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1)
    remove = forms.BooleanField(label=_("Remove"), required=False)
    words: tuple[str, ...] = ("text",)
    depth = 0  # of a why

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"label_suffix": "", "use_required_attribute": False}
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name != "remove":
                field.widget.attrs.setdefault("aria-label", str(field.label or ""))

    @property
    def is_empty(self) -> bool:
        """Nothing was written into it, and there was nothing before."""
        return not self.data.get(self.add_prefix("id")) and not any(
            str(self.data.get(self.add_prefix(name), "")).strip() for name in self.words
        )

    def values(self) -> dict[str, Any]:
        """The row for `drafting.put`."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("id", "remove")}

    @classmethod
    def first(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        """What it shows of a stored row."""
        return dict(row)


def _lines(label: Any, rows: int = 2) -> forms.CharField:
    return forms.CharField(label=label, max_length=10_000, widget=forms.Textarea({"rows": rows, "data-grow": ""}))


class TimelineRow(Row):
    at = UtcField(label=_("At (UTC)"))
    text = _lines(_("What happened"))


class WhyRow(Row):
    """`under` is the number, in the form, of the why that it explains."""

    under = forms.CharField(label=_("Explains"), required=False, max_length=6, widget=forms.HiddenInput)
    text = _lines(_("Because"))
    is_cause = forms.BooleanField(label=_("This is a cause, no symptom"), required=False)


class FactorRow(Row):
    text = _lines(_("Factor"))
    factor_class = forms.ChoiceField(
        label=_("Class"), required=False, choices=[("", _("class …")), *Factor.Kind.choices]
    )


class GapRow(Row):
    kind = forms.ChoiceField(label=_("Kind"), choices=ObservabilityGap.Kind.choices)
    text = _lines(_("What could not be seen"))


class AuthorRow(Row):
    who = Person(label=_("Author"))
    words = ("who",)

    def values(self) -> dict[str, Any]:
        person, name = self.cleaned_data["who"] or (None, "")
        rest = {name: value for name, value in super().values().items() if name != "who"}
        return {"person": person, "name": name, **rest}

    @classmethod
    def first(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {**row, "who": written(row["person"], row["name"])}

    def clean_who(self) -> Any:
        who = self.cleaned_data["who"]
        if not who:
            raise forms.ValidationError(_t("Name somebody."))
        return who


class AttendeeRow(AuthorRow):
    who = Person(label=_("Attendee"))
    role = forms.CharField(
        label=_("Why invited"), required=False, max_length=150, widget=forms.TextInput({"list": "suggest-reasons"})
    )
    attended = forms.TypedChoiceField(
        label=_("Was there"),
        required=False,
        choices=[("", _("not said")), ("yes", _("was there")), ("no", _("was not there"))],
        coerce=lambda word: word == "yes",
        empty_value=None,
    )

    @classmethod
    def first(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        said = {True: "yes", False: "no", None: ""}[row["attended"]]
        return {**super().first(row), "attended": said}


class TagRow(Row):
    word = forms.CharField(label=_("Tag"), max_length=50)
    words = ("word",)


ROWS: Final[Mapping[str, type[Row]]] = MappingProxyType(
    {
        "authors": AuthorRow,
        "timeline": TimelineRow,
        "whys": WhyRow,
        "factors": FactorRow,
        "gaps": GapRow,
        "attendees": AttendeeRow,
        "tags": TagRow,
    }
)


@dataclass(frozen=True, slots=True)
class List:
    """A list as the page shows it: its rows, one that a script copies, and the mark of what was read."""

    name: str
    forms: list[Row]
    blank: Row
    mark: str


def stored(postmortem: Postmortem, name: str, asked: int | None = None) -> List:
    """As it stands there now, with an empty row at its end for who has no script, or below the why `asked`."""
    shape, rows, more = ROWS[name], marks.rows_of(postmortem, name), beside(postmortem, name)
    firsts = [{**shape.first(row), **more.get(row["id"], {})} for row in rows]
    shown = [shape(initial=first, prefix=f"{name}-{number}") for number, first in enumerate(firsts)]
    above = next((number for number, row in enumerate(rows) if name == "whys" and row["id"] == asked), None)
    place = len(rows) if above is None else above + 1
    shown.insert(place, shape(initial={"under": above}, prefix=f"{name}-{len(rows)}"))
    return List(name, shown, shape(prefix=f"{name}-{BLANK}"), marks.of_rows(name, rows))


def beside(postmortem: Postmortem, name: str) -> dict[int, dict[str, Any]]:
    """What is shown beside a row and not written there: the incident's entry, who signed a waiver."""
    if name == "timeline":
        return {row.pk: {"entry_id": row.entry_id} for row in postmortem.timeline.exclude(entry=None)}
    if name == "factors":
        rows = postmortem.factors.select_related("waiver_signer").annotate(addressed=Count("actions"))
        return {
            row.pk: {
                "waiver": row.waiver,
                "signer": row.waiver_signer or row.waiver_signer_name,
                "addressed": row.addressed,
            }
            for row in rows
        }
    return {}


def sent(data: QueryDict, name: str) -> List:
    """As somebody sent it."""
    shape = ROWS[name]
    shown = [shape(data, prefix=f"{name}-{number}") for number in _numbers(data, name)]
    return List(name, shown, shape(prefix=f"{name}-{BLANK}"), read_mark(data, name))


def read(form: List) -> tuple[drafting.Written | None, dict[str, str], list[str]]:
    """(the list for `drafting.merge`, None where a row cannot be read; what is wrong by field; its rows' prefixes)."""
    rows: list[dict[str, Any]] = []
    wrong: dict[str, str] = {}
    prefixes: list[str] = []
    places: dict[str, int] = {}
    for row in form.forms:
        number = str(row.prefix).rpartition("-")[2]
        if row.is_empty:
            continue
        if row.data.get(row.add_prefix("remove")):
            # What explained it explains, from now on, what it explained itself.
            above = places.get(str(row.data.get(row.add_prefix("under"), "")))
            places |= {} if above is None else {number: above}
            continue
        if not row.is_valid():
            wrong |= {row.add_prefix(name): str(errors[0]) for name, errors in row.errors.items()}
            continue
        values = row.values()
        if "under" in values:
            values["under"] = places.get(values["under"])
        places[number] = len(rows)
        if form.name in ("whys", "factors"):
            values["position"] = len(rows)
        rows.append({"id": row.cleaned_data["id"], **values} if row.cleaned_data["id"] else values)
        prefixes.append(str(row.prefix))
    return (None if wrong else drafting.Written(form.mark, rows=rows)), wrong, prefixes


def _numbers(data: QueryDict, name: str) -> Iterator[int]:
    """The numbers of the rows in the order in which the browser sent them, which is how they stand on the page."""
    start = f"{name}-"
    found: dict[int, None] = {}
    for key in data:
        if key.startswith(start) and (match := _NAMED.match(key, len(start))):
            found[int(match[1])] = None
    yield from list(found)[: MOST + 1]

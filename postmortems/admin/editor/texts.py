"""The fields of the page: one form for all texts and values, read section by section."""

from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from incidents.models import Service, Severity
from postmortems import drafting
from postmortems.admin.editor.fields import KnownField, MinutesField, UtcField, read_mark
from postmortems.drafting import marks
from postmortems.drafting.editing import MAX_TEXT
from postmortems.models import Postmortem
from postmortems.models.postmortems import Instants

INSTANTS: Final = tuple(field.name for field in Instants._meta.get_fields())
# Markdown, with what it is asked for.
PROMPTS: Final = {
    "summary": _("What happened, to whom, and how it ended: three sentences that anybody understands."),
    "impact_text": _("What people could not do, and what it cost them."),
    "detection": _("Who or what noticed it, and how long after it began. What would have noticed it sooner?"),
    "root_cause": _("What made it possible, in the system and in the way of working; not who was there."),
    "symptom": _("What people saw: kept apart from its causes."),
    "went_well": _("What shall stay as it is."),
    "went_poorly": _("What made it longer or worse."),
    "got_lucky": _("What kept it from being worse, and may not next time."),
    "lessons": _("What we know now and did not know before."),
}
TALL: Final = {"summary": 5, "root_cause": 6, "symptom": 2}


class TextForm(forms.ModelForm):  # type: ignore[type-arg]
    """Judged here field by field, and once more by the verb."""

    service = KnownField(Service.objects.all(), "suggest-services", label=_("Service"), required=False)
    stated_duration = MinutesField(label=_("Duration as stated (minutes)"), required=False)

    class Meta:
        model = Postmortem
        fields = drafting.EDITABLE

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["label_suffix"] = ""
        super().__init__(*args, **kwargs)
        for name in INSTANTS:
            self.fields[name] = UtcField(label=self.fields[name].label, required=False)
        for name, prompt in PROMPTS.items():
            attrs = {"rows": TALL.get(name, 3), "maxlength": MAX_TEXT, "data-markdown": "", "data-grow": ""}
            self.fields[name].widget = forms.Textarea(attrs)
            self.fields[name].widget.attrs["aria-describedby"] = f"prompt-{name} hints-{name}"
            self.fields[name].help_text = prompt
        self.fields["title"].widget = forms.TextInput({"class": "io-pm-title"})
        self.fields["happened_on"].widget = forms.TextInput({"placeholder": "2026-02-15", "maxlength": 10})
        self.fields["revenue_currency"].widget.attrs |= {"placeholder": "EUR", "autocapitalize": "characters"}
        for name in ("severity", "assessed"):
            field: Any = self.fields[name]
            field.queryset, field.empty_label = Severity.objects.order_by("rank"), "—"

    def _post_clean(self) -> None:
        """The values are set by the verb; the row stays as it was read."""


def read(form: TextForm, data: QueryDict) -> tuple[dict[str, drafting.Written], dict[str, str]]:
    """(the sections that were sent and can be read, what is wrong with the others by field)."""
    form.is_valid()
    wrong = {name: str(errors[0]) for name, errors in form.errors.items()}
    sections = {}
    for section, names in marks.SECTIONS.items():
        if any(name in wrong for name in names) or not all(name in data for name in names):
            continue
        values = {name: form.cleaned_data[name] for name in names}
        sections[section] = drafting.Written(read_mark(data, section), values=values)
    return sections, wrong

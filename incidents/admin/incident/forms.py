"""What each verb asks for; the rules themselves are the lifecycle's."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t

from incidents.admin.shapes import zone_name
from incidents.lifecycle.ending import MAX_REASON
from incidents.lifecycle.people import MAX_NOTE
from incidents.models import Incident, RoleAssignment, Severity
from oncall.models import User

SUGGESTED_PEOPLE = 300
SUGGESTED_INCIDENTS = 50
REASON = forms.Textarea({"rows": 3, "maxlength": MAX_REASON})


class VerbForm(forms.Form):
    """A verb without arguments. `incident` and who asks are at hand for choices and first values."""

    # What a text field suggests while one types, by field: value and words.
    suggested: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, incident: Incident, request: HttpRequest, **kwargs: Any) -> None:
        self.incident, self.request = incident, request
        kwargs["label_suffix"] = ""
        super().__init__(*args, **kwargs)
        for name in self.suggested:
            self.fields[name].widget.attrs |= {"list": f"suggest-{name}", "autocomplete": "off"}
        self.prepare()

    def prepare(self) -> None:
        """Set choices and first values that depend on the incident."""

    def suggestions(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """(id of the list, its values with words) for each field that suggests."""
        return [(f"suggest-{name}", self.suggest(name)) for name in self.suggested]

    def suggest(self, name: str) -> list[tuple[str, str]]:
        return people_to_suggest()


class SeverityForm(VerbForm):
    severity = forms.ModelChoiceField(
        Severity.objects.order_by("rank"), label=_t("Severity"), widget=forms.RadioSelect, empty_label=None
    )
    reason = forms.CharField(
        label=_t("Why"),
        required=False,
        max_length=MAX_REASON,
        widget=REASON,
        help_text=_t("Needed where it becomes less severe."),
    )

    def prepare(self) -> None:
        self.fields["severity"].initial = self.incident.severity_id


class RoleForm(VerbForm):
    role = forms.ChoiceField(label=_t("Role"), choices=RoleAssignment.Role.choices)
    person = forms.CharField(
        label=_t("Person"),
        required=False,
        max_length=150,
        help_text=_t("Name or username; empty: nobody from now on."),
    )
    suggested = ("person",)

    def prepare(self) -> None:
        self.fields["person"].initial = self.request.user.get_username()

    def clean_person(self) -> User | None:
        return named(str(self.cleaned_data["person"]))


class PersonForm(VerbForm):
    person = forms.CharField(label=_t("Person"), max_length=150, help_text=_t("Name or username"))
    suggested = ("person",)

    def clean_person(self) -> User | None:
        return named(str(self.cleaned_data["person"]))


class NoteForm(VerbForm):
    text = forms.CharField(label=_t("Note"), max_length=MAX_NOTE, widget=forms.Textarea({"rows": 4}))
    at = forms.DateTimeField(
        label=_t("When it happened"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local", "step": 1}),
    )

    def prepare(self) -> None:
        zone = zone_name(timezone.localtime())
        self.fields["at"].help_text = _("In your zone (%(zone)s); empty: now.") % {"zone": zone}


class MitigateForm(VerbForm):
    kind = forms.ChoiceField(
        label=_t("How"), required=False, choices=[("", _t("not said")), *Incident.Mitigation.choices]
    )


class ResolveForm(VerbForm):
    """Where the severity asks for one sentence instead of a postmortem, it is asked for here."""

    lesson = forms.CharField(
        label=_t("What did we learn, in one sentence?"),
        required=False,
        max_length=MAX_REASON,
        help_text=_t("It is all that is asked for at this severity, and it is kept among the postmortems."),
    )

    def prepare(self) -> None:
        if self.incident.severity.postmortem != Severity.Postmortem.SENTENCE:
            del self.fields["lesson"]


class ReasonForm(VerbForm):
    reason = forms.CharField(label=_t("Why"), max_length=MAX_REASON, widget=REASON)


class MergeForm(VerbForm):
    into = forms.CharField(label=_t("Into"), max_length=20, help_text=_t("The number of the incident that stays."))
    suggested = ("into",)

    def clean_into(self) -> Incident:
        """Only what this person may see exists."""
        number = str(self.cleaned_data["into"]).strip().upper()
        found = Incident.objects.visible_to(self.request.user).filter(number=number).first()
        if found is None:
            raise forms.ValidationError(_("There is no incident %(number)s."), params={"number": number})
        return found

    def suggest(self, name: str) -> list[tuple[str, str]]:
        """Other open incidents, those of the same service first."""
        rows = Incident.objects.visible_to(self.request.user).open().exclude(pk=self.incident.pk)
        recent = list(rows.order_by("-opened_at")[:SUGGESTED_INCIDENTS])
        recent.sort(key=lambda row: row.service_id != self.incident.service_id)
        return [(row.number, row.title) for row in recent]


class PrivateForm(VerbForm):
    """What it shall be stands in the form: two clicks at once must not undo one another."""

    private = forms.TypedChoiceField(
        choices=[("yes", ""), ("no", "")], coerce=lambda word: word == "yes", widget=forms.HiddenInput
    )

    def prepare(self) -> None:
        self.fields["private"].initial = "no" if self.incident.private else "yes"


def named(text: str) -> User | None:
    """The person of this username, else of this name; None for no text. Raises ValidationError."""
    text = text.strip()
    if not text:
        return None
    found = User.objects.filter(username__iexact=text).first()
    if found is None:
        alike = list(User.objects.filter(name__iexact=text)[:2])
        if len(alike) > 1:
            raise forms.ValidationError(_("Several people have this name; write the username."))
        found = alike[0] if alike else None
    if found is None:
        raise forms.ValidationError(_("Nobody is called %(name)s."), params={"name": text})
    return found


def people_to_suggest() -> list[tuple[str, str]]:
    people = User.objects.filter(is_active=True).order_by("name", "username")
    return [(person.username, str(person)) for person in people.only("username", "name")[:SUGGESTED_PEOPLE]]

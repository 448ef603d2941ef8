"""What each verb of postmortems and action items asks for; the rules are the verbs' own."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t

from incidents.lifecycle import Refused
from oncall.models import User
from postmortems.models import ActionItem, Postmortem
from postmortems.publishing import MAX_REASON, MOST_MINUTES

SUGGESTED = 300
REASON = forms.Textarea({"rows": 3, "maxlength": MAX_REASON})


class VerbForm(forms.Form):
    """A verb without arguments. `row` is what it is done to."""

    def __init__(self, *args: Any, row: Postmortem | ActionItem, **kwargs: Any) -> None:
        self.row = row
        kwargs["label_suffix"] = ""
        super().__init__(*args, **kwargs)
        self.prepare()

    def prepare(self) -> None:
        """Set choices and first values that depend on the row."""

    def refuse(self, refused: Refused) -> None:
        """Show why it was not done, at the field where there is one."""
        self.add_error(refused.field if refused.field in self.fields else None, refused.message)


class ReasonForm(VerbForm):
    reason = forms.CharField(label=_t("Why"), max_length=MAX_REASON, widget=REASON)


class PersonForm(VerbForm):
    """A person by username; the browser suggests while one types."""

    owner = forms.CharField(label=_t("Owner"), max_length=150, help_text=_t("Name or username"))

    def prepare(self) -> None:
        self.fields["owner"].widget.attrs |= {"list": "suggest-owner", "autocomplete": "off"}

    def suggestions(self) -> list[tuple[str, list[tuple[str, str]]]]:
        people = User.objects.filter(is_active=True).order_by("name", "username").only("username", "name")
        return [("suggest-owner", [(person.username, str(person)) for person in people[:SUGGESTED]])]

    def clean_owner(self) -> User:
        return named(str(self.cleaned_data["owner"]))


class HandoverForm(PersonForm):
    reason = forms.CharField(
        label=_t("Why"), required=False, max_length=MAX_REASON, widget=REASON, help_text=_t("Where somebody has it.")
    )


class ScheduleForm(VerbForm):
    at = forms.DateTimeField(
        label=_t("When the review meeting is"), widget=forms.DateTimeInput({"type": "datetime-local"})
    )

    minutes = forms.IntegerField(label=_t("How long, in minutes"), required=False, min_value=1, max_value=MOST_MINUTES)
    place = forms.CharField(
        label=_t("Where"), required=False, max_length=300, help_text=_t("A room, or the address of a call.")
    )

    def prepare(self) -> None:
        row: Any = self.row
        self.fields["at"].help_text = _("In your zone (%(zone)s).") % {"zone": timezone.get_current_timezone_name()}
        self.fields["at"].initial = row.review_at and f"{timezone.localtime(row.review_at):%Y-%m-%dT%H:%M}"
        self.fields["minutes"].initial, self.fields["place"].initial = row.review_minutes, row.review_place


class HeldForm(VerbForm):
    """When it was held, and who of those invited was there."""

    held_at = forms.DateTimeField(
        label=_t("When it was held"), required=False, widget=forms.DateTimeInput({"type": "datetime-local"})
    )
    attended = forms.MultipleChoiceField(label=_t("Who was there"), required=False, widget=forms.CheckboxSelectMultiple)

    def prepare(self) -> None:
        row: Any = self.row
        zone = {"zone": timezone.get_current_timezone_name()}
        self.fields["held_at"].help_text = _("In your zone (%(zone)s); empty: now.") % zone
        invited = [(str(each.pk), str(each)) for each in row.attendees.select_related("person")]
        field: Any = self.fields["attended"]
        field.choices = invited
        field.initial = [key for key, _name in invited]

    def answers(self) -> dict[int, bool]:
        """Of everybody invited, whether they were there."""
        field: Any = self.fields["attended"]
        there = set(self.cleaned_data["attended"])
        return {int(key): key in there for key, _name in field.choices}


class WaiverForm(VerbForm):
    what = forms.ChoiceField(label=_t("Nothing is done about"))
    reason = forms.CharField(
        label=_t("Because"),
        required=False,
        max_length=MAX_REASON,
        widget=REASON,
        help_text=_t("You sign for it. Empty: no waiver any more."),
    )

    def prepare(self) -> None:
        row: Any = self.row
        field: Any = self.fields["what"]
        field.choices = [("", _("the root cause")), *((str(each.pk), str(each)) for each in row.factors.all())]
        field.required = False


class CommentForm(VerbForm):
    text = forms.CharField(label=_t("Comment"), max_length=10_000, widget=forms.Textarea({"rows": 4}))


class EvidenceForm(VerbForm):
    evidence = forms.CharField(
        label=_t("How can one see that it is done?"),
        max_length=10_000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_t("A link, a test, a figure."),
    )


class MoveForm(VerbForm):
    to_on = forms.DateField(label=_t("New due date"), widget=forms.DateInput({"type": "date"}))
    reason = forms.CharField(label=_t("Why"), max_length=MAX_REASON, widget=REASON)


def named(text: str) -> User:
    """The person of this username, else of this name. Raises ValidationError."""
    text = text.strip()
    found = User.objects.filter(username__iexact=text).first()
    if found is None:
        alike = list(User.objects.filter(name__iexact=text)[:2])
        if len(alike) > 1:
            raise forms.ValidationError(_("Several people have this name; write the username."))
        found = alike[0] if alike else None
    if found is None:
        raise forms.ValidationError(_("Nobody is called %(name)s."), params={"name": text})
    return found

"""Form parts that several pages share: addresses, working days, zones."""

from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oncall.admin.base import CheckboxesWidget, TextInputWidget
from oncall.logic.addresses import AddressError, email, masked
from oncall.models import ApiToken, ContactMethod, NotificationRule, User
from oncall.outbound import OutboundRefused, check_address

DAY_NAMES = [
    ("mon", gettext_lazy("Mon")),
    ("tue", gettext_lazy("Tue")),
    ("wed", gettext_lazy("Wed")),
    ("thu", gettext_lazy("Thu")),
    ("fri", gettext_lazy("Fri")),
    ("sat", gettext_lazy("Sat")),
    ("sun", gettext_lazy("Sun")),
]


def checked(address: str, *, mail: bool) -> str:
    """The address, stripped, where messages may go to it; raises ValidationError with the advice for people."""
    address = address.strip()
    try:
        if mail:
            return email(address)
        check_address(address)
    except (AddressError, OutboundRefused) as error:
        raise forms.ValidationError(str(error)) from error
    return address


class AddressForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form with an `address`. What may be a secret is shown masked; left as shown, it is kept as it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["address"] = masked(self.instance.address)

    def clean_address(self) -> str:
        """The stored address where the masked one came back; else the new one, checked."""
        given = str(self.cleaned_data["address"]).strip()
        if self.instance.pk and given == masked(self.instance.address) and not self._kind_changed():
            return str(self.instance.address)
        return checked(given, mail=self._is_mail(given))

    def _is_mail(self, given: str) -> bool:
        return "://" not in given

    def _kind_changed(self) -> bool:
        return False


class ChannelForm(AddressForm):
    """A shared address: apprise's, or mailto:room@example.org."""

    def clean_address(self) -> str:
        given = str(self.cleaned_data["address"]).strip()
        if given.startswith("mailto:") and "://" not in given:
            return "mailto:" + checked(given.removeprefix("mailto:"), mail=True)
        if "://" not in given and not (self.instance.pk and given == masked(self.instance.address)):
            return "mailto:" + checked(given, mail=True)
        return super().clean_address()


class ContactMethodForm(AddressForm):
    """One address of a person. Another address, or kind, must be verified anew."""

    class Meta:
        model = ContactMethod
        fields = ["slug", "kind", "address"]

    field_order = ["slug", "kind", "address"]

    def _is_mail(self, given: str) -> bool:
        return bool(self.cleaned_data.get("kind", self.instance.kind) == ContactMethod.Kind.EMAIL)

    def _kind_changed(self) -> bool:
        return "kind" in self.changed_data

    def clean_slug(self) -> str:
        """Names are unique per person; said here, because the database would say it with an error page."""
        slug = str(self.cleaned_data["slug"])
        taken = ContactMethod.objects.filter(user=self.instance.user_id, slug=slug).exclude(pk=self.instance.pk)
        if self.instance.user_id and taken.exists():
            raise forms.ValidationError(_("There is a contact method of this name already."))
        return slug

    def _post_clean(self) -> None:
        before = self.instance.address, self.instance.kind
        super()._post_clean()  # type: ignore[misc]
        if self.instance.pk and (self.instance.address, self.instance.kind) != before:
            self.instance.verified_at = None
            self.instance.code_digest, self.instance.code_expires_at, self.instance.code_tries = "", None, 0


class WorkingHoursForm(forms.ModelForm):  # type: ignore[type-arg]
    """A person or a team with working hours: days as boxes, the zone with suggestions."""

    working_days = forms.MultipleChoiceField(
        label=gettext_lazy("Working days"), choices=DAY_NAMES, required=False, widget=CheckboxesWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones(self)
        for name in ("works_from", "works_to"):
            if name in self.fields:
                self.fields[name].widget.format = "%H:%M"

    def clean(self) -> dict[str, Any] | None:
        """Hours come in pairs."""
        values = super().clean() or {}
        if bool(values.get("works_from")) != bool(values.get("works_to")):
            self.add_error("works_to", _("Give both hours, or neither."))
        return values


def zones(form: forms.BaseForm, name: str = "timezone") -> None:
    """Let the browser suggest zones while one types; the field stays text for who has no script."""
    if name in form.fields:
        form.fields[name].widget = TextInputWidget({"data-zones": "", "autocomplete": "off", "spellcheck": "false"})


class SpanForm(forms.ModelForm):  # type: ignore[type-arg]
    """From–to, in the reader's zone: the end is after the start."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = getattr(timezone.get_current_timezone(), "key", "UTC")
        for name in ("starts_at", "ends_at"):
            if name in self.fields:
                self.fields[name].help_text = _("In your zone, %(zone)s") % {"zone": zone}

    def clean(self) -> dict[str, Any] | None:
        values = super().clean() or {}
        start, end = values.get("starts_at"), values.get("ends_at")
        if start and end and end <= start:
            self.add_error("ends_at", _("The end comes after the start."))
        return values


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """How I want to hear of pages."""

    class Meta:
        model = NotificationRule
        fields = ["urgency", "contact_method", "delay_minutes"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[ContactMethod]", self.fields["contact_method"])
        field.queryset = ContactMethod.objects.filter(user=self.instance.user)
        field.label_from_instance = _label  # type: ignore[method-assign,assignment]

    def clean(self) -> dict[str, Any]:
        """The same rule twice would send one message anyway."""
        values = super().clean() or {}
        if NotificationRule.objects.filter(user=self.instance.user, **values).exists():
            raise forms.ValidationError(_("You have this rule already."))
        return values


class TokenForm(forms.Form):
    """A token of mine for the API."""

    name = forms.CharField(label=gettext_lazy("What for"), max_length=100)
    scope = forms.ChoiceField(label=gettext_lazy("Scope"), choices=ApiToken.Scope.choices)


class DetailsForm(forms.ModelForm):  # type: ignore[type-arg]
    """How I am called, and the zone in which I read times."""

    class Meta:
        model = User
        fields = ["name", "timezone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones(self)


def _label(method: ContactMethod) -> str:
    return f"{method.slug} ({masked(method.address)})"

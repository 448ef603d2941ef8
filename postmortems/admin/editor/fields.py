"""Fields as this page needs them: instants in UTC, people by account or only by name, durations in minutes."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from oncall.models import User
from oncall.text import one_line
from postmortems.drafting import marks

SUGGESTED: Final = 300
MOST_MINUTES: Final = 60 * 24 * 365
FIRST_YEAR, LAST_YEAR = 1970, 2200


class UtcField(forms.DateTimeField):
    """An instant, typed and shown in UTC, to the second."""

    def __init__(self, **kwargs: Any) -> None:
        # Not the browser's own control: it would show UTC in the order of months, days and halves of its own country.
        attrs = {"data-utc": "", "placeholder": "2026-02-15 14:02", "maxlength": 25, "autocomplete": "off"}
        super().__init__(widget=forms.TextInput(attrs), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")
        return value

    def to_python(self, value: Any) -> datetime | None:
        if isinstance(value, str):
            value = value.strip().removesuffix("UTC").strip()
        with timezone.override(UTC):
            at = super().to_python(value)
        if at is not None and not FIRST_YEAR <= at.year < LAST_YEAR:
            raise forms.ValidationError(_("Write a year of these centuries."))
        return at


class MinutesField(forms.IntegerField):
    """A duration in whole minutes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=MOST_MINUTES, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return int(value.total_seconds()) // 60 if isinstance(value, timedelta) else value

    def clean(self, value: Any) -> Any:
        minutes = super().clean(value)
        return None if minutes is None else timedelta(minutes=minutes)


class KnownField(forms.CharField):
    """A row of a model by its slug; empty for none."""

    def __init__(self, rows: Any, suggest: str, **kwargs: Any) -> None:
        self.rows = rows
        widget = forms.TextInput({"list": suggest, "autocomplete": "off"})
        super().__init__(max_length=200, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return getattr(value, "slug", value)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        found = self.rows.filter(slug=text).first() or self.rows.filter(name__iexact=text).first()
        if found is None:
            raise forms.ValidationError(_("There is no %(what)s."), params={"what": text})
        return found


class Person(forms.CharField):
    """Somebody as “Name (username)”, by username or by a name that one account has; else only the name is kept.

    The value is (account or None, name); empty for nobody.
    """

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput({"list": "suggest-people", "autocomplete": "off"})
        super().__init__(max_length=150, required=False, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        text = one_line(super().clean(value), 150)
        return known(text) if text else None


def known(text: str) -> tuple[User | None, str]:
    """(the account, else None; the name)."""
    people = User.objects.all()
    inside = text[text.rfind("(") + 1 : -1].strip() if text.endswith(")") and "(" in text else text
    found = people.filter(username=inside).first()
    if found is None:
        alike = list(people.filter(name__iexact=text)[:2])
        found = alike[0] if len(alike) == 1 else None
    return (found, str(found)) if found else (None, text)


def written(person: User | None, name: str) -> str:
    """As `Person` shows and reads it."""
    return f"{person} ({person.username})" if person else name


def read_mark(data: QueryDict, section: str) -> str:
    """What stood there when the person read it; of two texts that were shown side by side, the one they overrule."""
    name = f"theirs-{section}" if data.get(f"choose-{section}") == "mine" else f"read-{section}"
    return data.get(name, "")[: marks.LENGTH]


def people() -> list[str]:
    """What is suggested while one types a person."""
    rows = User.objects.filter(is_active=True).order_by("name", "username").only("username", "name")
    return [written(row, "") for row in rows[:SUGGESTED]]

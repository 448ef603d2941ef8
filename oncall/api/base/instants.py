"""Instants on the wire: RFC 3339 with an offset going in, UTC with Z coming out, whatever zone the reader has."""

from datetime import UTC, datetime
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError as FormError
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)  # as far as rotations are answered
ADVICE: Final = _("Write an instant with its offset, such as 2026-01-05T10:00:00Z or 2026-01-05T10:00:00+01:00.")


def parse(text: str) -> datetime:
    """An aware UTC instant between 1970 and 2199. Raises ValueError for anything else, and without an offset."""
    text = text.strip()
    if len(text) > 40:
        raise ValueError(text[:40])
    if " " in text[11:]:
        # In a query a plus sign that was not encoded arrives as a blank.
        text = text[:11] + text[11:].replace(" ", "+")
    at = datetime.fromisoformat(text.upper())
    if at.tzinfo is None:
        raise ValueError(text)
    try:
        at = at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error
    if not EARLIEST <= at < LATEST:
        raise ValueError(text)
    return at


def written(at: datetime | None) -> str | None:
    """The instant as answers say it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


class Instant(serializers.DateTimeField):
    """An instant of a body."""

    default_error_messages = {"invalid": ADVICE}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("default_timezone", UTC)
        super().__init__(**kwargs)

    def to_internal_value(self, value: Any) -> datetime:
        try:
            return parse(value)
        except (ValueError, TypeError, AttributeError):
            self.fail("invalid")

    def to_representation(self, value: datetime) -> str:
        return written(value) or ""


class _InstantInput(forms.Field):
    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            return parse(str(value))
        except ValueError as error:
            raise FormError(str(ADVICE)) from error


@extend_schema_field(OpenApiTypes.DATETIME)
class InstantFilter(filters.Filter):
    """An instant of a query: `…_after` is at or after it, `…_before` before it, as all spans are half-open."""

    field_class = _InstantInput


def after(field: str) -> InstantFilter:
    """At or after the instant."""
    return InstantFilter(field, lookup_expr="gte")


def before(field: str) -> InstantFilter:
    """Before the instant."""
    return InstantFilter(field, lookup_expr="lt")

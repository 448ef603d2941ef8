"""Bodies: unknown fields are refused, things go by their names, spans are `from` and `to`."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from oncall.api.base.instants import Instant

M = TypeVar("M", bound=models.Model)


class Strict(serializers.Serializer[Any]):
    """A body whose every field is known: a misspelt one would be lost in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError({name[:100]: [_("Unknown field.")] for name in unknown[:20]})
        return super().to_internal_value(data)


class Rows(Strict, serializers.ModelSerializer[M], Generic[M]):
    """Rows of a table, their instants in UTC."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: Instant,
    }


class Whole(serializers.ListSerializer[Any]):
    """Items of a list inside a body. A list replaces the list, so that its items are whole also in a PATCH."""

    def run_child_validation(self, data: Any) -> Any:
        child: Any = self.child
        item = type(child)(data=data, context=self.context)
        item.is_valid(raise_exception=True)
        return item.validated_data


class Span(Strict):
    """`from` and `to`, half-open, kept in `starts_at` and `ends_at`."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            **super().get_fields(),
            "from": Instant(source="starts_at"),
            "to": Instant(source="ends_at"),
        }

    def validate(self, attrs: Any) -> Any:
        starts_at = attrs.get("starts_at", getattr(self.instance, "starts_at", None))
        ends_at = attrs.get("ends_at", getattr(self.instance, "ends_at", None))
        if starts_at and ends_at and ends_at <= starts_at:
            raise serializers.ValidationError({"to": _("The end is not after the start.")})
        return super().validate(attrs)


class Named(serializers.SlugRelatedField[Any]):
    """A row by its name on the wire: a person's username, a thing's slug, a severity's level, a number."""

    default_error_messages = {
        "does_not_exist": gettext_lazy("There is no {value}."),
        "invalid": gettext_lazy("Write its name."),
    }

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or "\x00" in data or len(data) > 200:
            self.fail("invalid")
        return super().to_internal_value(data)


class SluggedName(Strict):
    """`name` and `slug`; the slug is made from the name where it is left out."""

    def validate(self, attrs: Any) -> Any:
        if self.instance is None and not attrs.get("slug"):
            model: type[models.Model] = self.Meta.model  # type: ignore[attr-defined]
            slug = slugify(attrs["name"])[:100]
            if not slug:
                raise serializers.ValidationError({"slug": _("Write one; the name has no letters to make it of.")})
            if model._default_manager.filter(slug=slug).exists():
                raise serializers.ValidationError({"slug": _("%(slug)s is taken; write another.") % {"slug": slug}})
            attrs["slug"] = slug
        return super().validate(attrs)


def written(instance: models.Model, values: Mapping[str, Any]) -> list[str]:
    """Set the values on the row; which of them were different."""
    changed = [name for name, value in values.items() if getattr(instance, name) != value]
    for name in changed:
        setattr(instance, name, values[name])
    return changed

"""Filters that several lists share."""

from typing import Any

from django.core.validators import MaxLengthValidator
from django.db.models import QuerySet
from django_filters import rest_framework as filters

from oncall.api.base.instants import InstantFilter, after, before

__all__ = ["InstantFilter", "Number", "Search", "Word", "after", "before", "filters"]


class Word(filters.CharFilter):
    """One name, as it is written; what is not there finds nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("validators", [MaxLengthValidator(300)])
        super().__init__(*args, **kwargs)


class Number(filters.NumberFilter):
    """A row's number."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        kwargs.setdefault("max_value", 2**63 - 1)
        kwargs.setdefault("decimal_places", 0)
        super().__init__(*args, **kwargs)


class Search(Word):
    """Words that the text contains, all of them, whatever their case."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        for word in (value or "").split()[:10]:
            qs = qs.filter(**{f"{self.field_name}__icontains": word})
        return qs

"""Which schedules a person is part of: what must be settled when the person changes."""

from collections.abc import Iterable

from django.db.models import Q

from oncall.models import Schedule


def schedules_of(user_ids: Iterable[int]) -> list[int]:
    """Keys of the schedules whose layers or overrides name one of these people."""
    ids = list(user_ids)
    named = Q(layers__members__user__in=ids) | Q(overrides__add__in=ids) | Q(overrides__remove__in=ids)
    return list(Schedule.objects.filter(named).distinct().values_list("pk", flat=True))

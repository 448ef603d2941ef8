"""Who still refers to a row: what decides whether it may be pruned."""

from collections.abc import Collection

from django.db.models import Model
from django.utils.translation import gettext as _


def users_of(row: Model, harmless: Collection[str]) -> list[str]:
    """What refers to this row, in words, at most three of each kind; models named in `harmless` do not count.

    Asks every relation that Django knows, hidden ones too, so that apps above are seen without being known here.
    """
    found: list[str] = []
    for relation in row._meta.get_fields(include_hidden=True):
        if not relation.auto_created or relation.concrete or not (relation.one_to_many or relation.one_to_one):
            continue
        model = relation.related_model
        if not isinstance(model, type) or hasattr(model, "history_object") or model.__name__ in harmless:
            continue
        column = relation.field.name  # type: ignore[union-attr]  # relations that are not concrete have one
        for other in model._default_manager.filter(**{column: row})[:3]:
            found.append(f"{model._meta.verbose_name} {other}")
    return found


def still_used(row: Model, harmless: Collection[str]) -> str:
    """Why this row cannot go, in words; nothing if nobody refers to it."""
    found = users_of(row, harmless)
    return _("still used by %s") % ", ".join(found) if found else ""

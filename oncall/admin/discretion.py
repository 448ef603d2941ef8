"""What a list's address and the question before a deletion must not tell."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin.filters import SimpleListFilter
from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.utils import NestedObjects
from django.db import router
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    _Admin = Any  # to the type checker any admin, as its bases are read untyped
else:
    _Admin = ModelAdmin

Names = tuple[list[Any], dict[str, int], set[str], list[str]]


class Discreet(_Admin):
    """Lists are narrowed by their filters and by `linked_by`, the lookups of our own links, alone; rows that somebody
    may not see are counted, never named."""

    linked_by: tuple[str, ...] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """By any other column one could guess at what it holds, letter by letter: an address, a link's token."""
        names = {self.date_hierarchy, *(_name(item) for item in self.get_list_filter(request))}
        named = lookup in self.linked_by or any(
            lookup == name or lookup.startswith(f"{name}__") for name in names if name
        )
        return named and bool(super().lookup_allowed(lookup, value, request))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Names:
        """As the admin's own: what goes with these rows, how many of which kind, missing rights, what forbids it."""
        rows = list(objs)
        if not rows:
            return [], {}, set(), []
        collector: Any = NestedObjects(using=router.db_for_write(type(rows[0])), origin=rows)
        collector.collect(rows)
        hidden = _hidden(collector, request.user)
        needed: set[str] = set()

        def name(row: Model) -> str:
            options = row._meta
            page = self.admin_site._registry.get(type(row))
            if page and not page.has_delete_permission(request, row):
                needed.add(str(options.verbose_name))
            kind = capfirst(options.verbose_name)
            if row in hidden:
                return _("%(kind)s: one that you may not see") % {"kind": kind}
            if page is None:
                return f"{kind}: {row}"
            where = f"{self.admin_site.name}:{options.app_label}_{options.model_name}_change"
            return format_html('{}: <a href="{}">{}</a>', kind, reverse(where, args=[row.pk]), row)

        counts = {str(model._meta.verbose_name_plural): len(found) for model, found in collector.model_objs.items()}
        nested, forbidding = collector.nested(name), [name(row) for row in collector.protected]
        return nested, counts, needed, forbidding


def _name(item: Any) -> str:
    """The parameter of a list's filter."""
    if isinstance(item, list | tuple):
        return str(item[0])
    if isinstance(item, type) and issubclass(item, SimpleListFilter):
        return str(item.parameter_name)
    return str(item)


def _hidden(collector: Any, user: object) -> set[Model]:
    """The rows that this person may not see; only some kinds may be private, and those say who sees them."""
    every: dict[type[Model], set[Model]] = {model: set(rows) for model, rows in collector.model_objs.items()}
    for row in collector.protected:
        every.setdefault(type(row), set()).add(row)
    hidden: set[Model] = set()
    for model, rows in every.items():
        visible_to = getattr(model._default_manager, "visible_to", None)
        if visible_to is not None:
            seen = set(visible_to(user).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
            hidden |= {row for row in rows if row.pk not in seen}
    return hidden

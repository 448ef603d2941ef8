"""What every admin page shares; with console.py the only place that knows the theme."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin, StackedInline
from unfold.admin import TabularInline as ThemeTabularInline
from unfold.admin import checkbox as theme_checkbox
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget as CheckboxesWidget
from unfold.widgets import UnfoldAdminSelectWidget as SelectWidget
from unfold.widgets import UnfoldAdminTextInputWidget as TextInputWidget

from oncall.admin.discretion import Discreet
from oncall.admin.stale import RefusesStale
from oncall.admin.words import badge, instant, lasting
from oncall.engine.shifts import settled
from oncall.models import newest

__all__ = [
    "BoundedPaginator",
    "CheckboxesWidget",
    "ConfigurationAdmin",
    "ConsoleAdmin",
    "LogAdmin",
    "RosterAdmin",
    "SelectWidget",
    "StackedInline",
    "TabularInline",
    "TextInputWidget",
    "action",
    "badge",
    "instant",
    "lasting",
    "link",
    "name_aloud",
    "opened_within",
    "when",
]

Words = Any  # a text, or one translated when it is shown

if TYPE_CHECKING:
    _Pages = Paginator[Any]
else:  # generic to the type checker only
    _Pages = Paginator


class BoundedPaginator(_Pages):
    """Counts at most `limit` rows: an exact count over a big table costs more than the page itself."""

    template_name = "admin/oncall/bounded_pages.html"
    limit = 2_000

    @cached_property
    def count(self) -> int:
        return min(self._counted, self.limit)

    @property
    def beyond(self) -> bool:
        """Whether there are more than it counts."""
        return self._counted > self.limit

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[: self.limit + 1].count()
        return len(rows)


def opened_within(field: str, words: Words) -> type[admin.SimpleListFilter]:
    """A filter by age. The admin's own hierarchy of dates reads every row to know its years."""

    class Since(admin.SimpleListFilter):
        title = words
        parameter_name = "since"

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
            return [("1", _("past day")), ("7", _("past 7 days")), ("30", _("past 30 days")), ("365", _("past year"))]

        def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
            days = self.value()
            if days not in {"1", "7", "30", "365"}:
                return queryset
            return queryset.filter(**{f"{field}__gte": timezone.now() - timedelta(days=int(days))})

    return Since


class TabularInline(ThemeTabularInline):
    """A table's inputs have no label of their own beside them: each carries its column's name for screen readers."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            name_aloud(field)
        return field


def name_aloud(field: Any) -> None:
    """Give the field's inputs their label as a spoken name."""
    widget = getattr(field.widget, "widget", field.widget)
    for part in getattr(widget, "widgets", [widget]):
        part.attrs["aria-label"] = str(field.label or "")


@cache
def _box() -> tuple[SafeString, SafeString]:
    """What stands before and after a row's key in the theme's box."""
    before, _mark, after = theme_checkbox.render(ACTION_CHECKBOX_NAME, "@@").partition("@@")
    return mark_safe(before), mark_safe(after)  # noqa: S308  # the theme's own markup


class ConsoleAdmin(Discreet, ModelAdmin):
    """Bounded counts, a short page (the theme takes milliseconds for each row), no unsaved change lost by accident."""

    list_per_page = 25
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator: "type[Paginator[Any]]" = BoundedPaginator
    warn_unsaved_form = True
    compressed_fields = True
    list_filter_submit = False

    @admin.display(description=ModelAdmin.action_checkbox.short_description)
    def action_checkbox(self, obj: Model) -> Any:
        """The theme's box, its template rendered once and not for each row."""
        before, after = _box()
        return format_html("{}{}{}", before, obj.pk, after)

    def site_urls(self) -> list[URLPattern]:
        """Screens of this admin that stand at the root of the site, as `/admin/mailbox/`; the site asks for them."""
        return []

    def screen(
        self, request: HttpRequest, template: str, title: str, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        """A hand-made page in the console's frame."""
        request.current_app = self.admin_site.name
        frame = {**self.admin_site.each_context(request), "title": title, "subtitle": None}
        return TemplateResponse(request, template, {**frame, **context}, status=status)


class ConfigurationAdmin(RefusesStale, SimpleHistoryAdmin, ConsoleAdmin):
    """Configuration: every change is kept, with who made it; of two edits at once the second is told of the first."""


class RosterAdmin(ConfigurationAdmin):
    """Configuration that says who is on call: an edit splits the running recorded shifts at its instant."""

    def schedules_touched(self, request: HttpRequest, rows: Iterable[Any]) -> set[int]:
        """Keys of the schedules that a change of these rows, or the form in the request, may bear on."""
        raise TypeError(f"{type(self).__name__} says which schedules its rows bear on")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Shown or saved; what is saved is saved within `settled`."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        row = self.get_object(request, object_id) if object_id else None
        with settled(self.schedules_touched(request, [row] if row else []), timezone.now()):
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        with settled(self.schedules_touched(request, [obj]), timezone.now()):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:
        with settled(self.schedules_touched(request, queryset), timezone.now()):
            super().delete_queryset(request, queryset)


class LogAdmin(ConsoleAdmin):
    """What the engine owns: looked at, never edited, also not by URL.

    It grows for ever: words are sought in the newest rows, and columns are in no other order than the newest first.
    """

    actions: Any = None
    sortable_by: Any = ()

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> "tuple[QuerySet[Any], bool]":
        rows = newest(queryset) if search_term.strip() else queryset
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, rows, search_term)
        return found

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def when(field: str, words: Words) -> Callable[[Any, Any], SafeString]:
    """A column that shows an instant in the reader's zone, named, with UTC beside it."""

    @admin.display(description=words, ordering=field)
    def column(_admin: Any, row: Any) -> SafeString:
        return instant(getattr(row, field))

    return column


def link(address: str, words: object) -> SafeString:
    return format_html('<a class="io-link" href="{}">{}</a>', address, words)

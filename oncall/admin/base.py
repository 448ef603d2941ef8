"""What every admin page shares; with console.py the only place that knows the theme."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget as SelectWidget
from unfold.widgets import UnfoldAdminTextInputWidget as TextInputWidget

__all__ = [
    "BoundedPaginator",
    "ConfigurationAdmin",
    "ConsoleAdmin",
    "LogAdmin",
    "SelectWidget",
    "StackedInline",
    "TabularInline",
    "TextInputWidget",
    "action",
    "badge",
]

COUNT_LIMIT = 10_000

if TYPE_CHECKING:
    _Pages = Paginator[Any]
else:  # generic to the type checker only
    _Pages = Paginator


class BoundedPaginator(_Pages):
    """Counts at most COUNT_LIMIT rows: an exact count over a big table costs more than the page itself."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[: COUNT_LIMIT + 1].count()
        return len(rows)


class ConsoleAdmin(ModelAdmin):
    """Bounded counts, fifty rows a page, unsaved changes are not lost by accident."""

    list_per_page = 50
    show_full_result_count = False
    paginator: "type[Paginator[Any]]" = BoundedPaginator
    warn_unsaved_form = True
    compressed_fields = True


class ConfigurationAdmin(SimpleHistoryAdmin, ConsoleAdmin):
    """Configuration: every change is kept, with who made it."""

    history_list_display: ClassVar[list[str]] = ["history_change_reason"]


class LogAdmin(ConsoleAdmin):
    """What the engine owns: looked at, never edited, also not by URL."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def badge(text: str, tone: str) -> str:
    """A labelled shape: its text says what its colour only repeats. `tone` is one of console.css's badge classes."""
    return format_html('<span class="io-badge io-{}">{}</span>', tone, text)

"""Templates of postmortems in the console."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import TextField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from oncall.admin.base import ConfigurationAdmin
from postmortems.models import PostmortemTemplate

ROWS: Final = 4  # of a text: all of them are seen at once


@admin.register(PostmortemTemplate)
class PostmortemTemplateAdmin(ConfigurationAdmin):
    list_display = ("name", "severity", "team")
    list_filter = ("severity", "team")
    list_select_related = ("severity", "team")
    search_fields = ("name",)
    fieldsets = (
        (
            None,
            {
                "fields": ("name", ("severity", "team")),
                "description": _(
                    "Without a severity it is for all of them, without a team for every one. The most exact template "
                    "counts, the team's before the severity's. Drafts that are there already stay as they are."
                ),
            },
        ),
        (
            _("What a draft says before anybody wrote"),
            {
                "fields": (
                    *("summary", "detection", "symptom", "root_cause"),
                    *("went_well", "went_poorly", "got_lucky", "lessons"),
                )
            },
        ),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, TextField) and field is not None:
            field.widget.attrs["rows"] = ROWS
        return field

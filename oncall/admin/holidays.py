"""Public holidays, as copied into rows; days may be added or taken out by hand."""

from django.contrib import admin

from oncall.admin.base import ConsoleAdmin
from oncall.models import Holiday


@admin.register(Holiday)
class Holidays(ConsoleAdmin):
    list_display = ["day_on", "country", "name"]
    list_filter = ["country"]
    date_hierarchy = "day_on"
    search_fields = ["name", "country"]

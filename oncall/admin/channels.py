"""Channels: addresses that are shared rather than a person's."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from oncall.admin.base import ConfigurationAdmin
from oncall.admin.forms import ChannelForm
from oncall.logic.addresses import masked
from oncall.models import Channel


@admin.register(Channel)
class Channels(ConfigurationAdmin):
    """A team's room, a mailing list; counts as reached and holds its step for the delay."""

    form = ChannelForm
    list_display = ["name", "slug", "shown_address"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fields = ["name", "slug", "address"]

    @admin.display(description=_("address"))
    def shown_address(self, row: Channel) -> str:
        return masked(row.address if "://" in row.address else row.address.removeprefix("mailto:"))

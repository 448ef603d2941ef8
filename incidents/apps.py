"""The app of alerts and incidents."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IncidentsConfig(AppConfig):
    name = "incidents"
    verbose_name = _("Respond")

    def ready(self) -> None:
        from incidents import receivers

        receivers.connect()

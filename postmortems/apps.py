"""The app of learning."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PostmortemsConfig(AppConfig):
    name = "postmortems"
    verbose_name = _("Learn")

    def ready(self) -> None:
        from postmortems import links

        links.connect()

"""What somebody said is set up, where no row can show it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SetupTick(models.Model):
    """One step of the set-up checklist that a person called done, and when; taking it back deletes the row."""

    step = models.SlugField(max_length=40, unique=True)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("who")
    )
    by_name = models.CharField(_("who"), max_length=150)

    class Meta:
        verbose_name = _("set-up tick")
        verbose_name_plural = _("set-up ticks")
        default_permissions = ()
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.step}: {self.by_name}"

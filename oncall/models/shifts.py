"""Shifts as they were: a row is written when a shift begins, and its past never changes."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from oncall.models.schedules import Layer, Schedule


class Shift(models.Model):
    """Names are copied, so that the past reads the same after a layer or a schedule is gone."""

    schedule = models.ForeignKey(
        Schedule, models.SET_NULL, null=True, related_name="shifts", verbose_name=_("schedule")
    )
    schedule_slug = models.SlugField(max_length=100)
    layer = models.ForeignKey(Layer, models.SET_NULL, null=True, related_name="shifts", verbose_name=_("layer"))
    layer_name = models.CharField(_("layer"), max_length=100)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="shifts", verbose_name=_("person")
    )
    username = models.CharField(_("person"), max_length=150)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    override = models.BooleanField(_("override"), default=False)

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        ordering = ["-starts_at", "id"]
        indexes = [models.Index(fields=["schedule", "starts_at", "ends_at"])]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "layer", "person", "starts_at"], name="one_shift_per_start")
        ]

    def __str__(self) -> str:
        return f"{self.schedule_slug} · {self.layer_name}: {self.username}"

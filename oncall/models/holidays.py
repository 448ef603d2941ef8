"""Public holidays as rows, so that past clocks do not move when a library is updated."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Holiday(models.Model):
    country = models.CharField(_("country"), max_length=8, help_text=_("As on people and teams: PT or US-CA."))
    day_on = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=200)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["day_on", "country"]
        constraints = [models.UniqueConstraint(fields=["country", "day_on"], name="one_holiday_per_day")]

    def __str__(self) -> str:
        return f"{self.country} {self.day_on}: {self.name}"

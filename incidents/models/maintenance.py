"""Planned work on a service: alerts are stored, nobody is paged until it ends."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from incidents.models.services import Service


class Maintenance(models.Model):
    """[starts, ends); weekly windows repeat at the same wall clock of the team's zone until
    `repeat_until_at`, if set.
    """

    service = models.ForeignKey(Service, models.CASCADE, related_name="maintenance", verbose_name=_("service"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    weekly = models.BooleanField(_("every week"), default=False)
    repeat_until_at = models.DateTimeField(_("repeats until"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("maintenance")
        verbose_name_plural = _("maintenance")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="maintenance_ends_after_start")
        ]

    def __str__(self) -> str:
        return f"{self.service}: {self.reason or self.starts_at}"

"""Calendars: secret addresses that calendar programs read, and the events they show."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from oncall.models.schedules import Layer, Schedule


class CalendarFeed(models.Model):
    """One person's secret address: of their own shifts, or of a whole schedule. Stored as a prefix and a digest."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feeds", verbose_name=_("person")
    )
    schedule = models.ForeignKey(
        Schedule, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("schedule")
    )
    prefix = models.CharField(_("begins with"), max_length=12)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("made"))
    last_used_at = models.DateTimeField(_("last read"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        default_permissions = ()  # one's own alone
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.prefix}…"


class CalendarEvent(models.Model):
    """A shift as calendars know it: when it moves its row, and so its identity, stays."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="calendar_events")
    layer = models.ForeignKey(Layer, models.CASCADE, db_index=False, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_events")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    uid = models.CharField(max_length=64, unique=True)
    sequence = models.PositiveIntegerField(default=0)
    modified_at = models.DateTimeField()

    class Meta:
        verbose_name = _("calendar event")
        verbose_name_plural = _("calendar events")
        default_permissions = ()  # the engine's
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="event_ends_after_start"),
            models.UniqueConstraint(fields=["layer", "person", "starts_at", "ends_at"], name="one_event_per_shift"),
        ]

    def __str__(self) -> str:
        return self.uid

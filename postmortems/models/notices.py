"""What was sent to whom: each row is one message that is never sent again."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from postmortems.models.postmortems import Postmortem


class ClockReminder(models.Model):
    """One reminder of one clock as it ran from `resolved_at`: a clock that starts anew reminds anew."""

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="reminders")
    clock = models.CharField(_("clock"), max_length=10)
    reminder = models.CharField(_("reminder"), max_length=12)
    resolved_at = models.DateTimeField()
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["at", "id"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(
                fields=["postmortem", "clock", "reminder", "resolved_at"], name="one_reminder_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.clock}: {self.reminder}"


class SentDigest(models.Model):
    """One digest of a kind for a period (a day, or an ISO week) and a person."""

    kind = models.CharField(_("kind"), max_length=20)
    period = models.CharField(_("period"), max_length=10)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person"))
    at = models.DateTimeField(_("at"))
    reached = models.BooleanField(_("had an address"))

    class Meta:
        verbose_name = _("digest")
        verbose_name_plural = _("digests")
        ordering = ["-at", "-id"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "period", "person"], name="one_digest_per_period_and_person")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.period}: {self.person}"


class DigestClock(models.Model):
    """When somebody's next digests are looked at; due times are columns, so that no run reads everybody's actions.

    They were reckoned in `zone`: who has another one meanwhile gets their clock set anew.
    """

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="digest_clock")
    daily_at = models.DateTimeField(db_index=True)
    weekly_at = models.DateTimeField(db_index=True)
    zone = models.CharField(max_length=64, default="", db_default="")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.person_id}: {self.daily_at}"

"""Handoffs: where duty passes from some people to others, made ahead of time; and who has signed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from oncall.models.schedules import Layer, Schedule


class Handoff(models.Model):
    """Names are copied, so that the past reads the same after a layer or a schedule is gone."""

    schedule = models.ForeignKey(
        Schedule, models.SET_NULL, null=True, related_name="handoffs", verbose_name=_("schedule")
    )
    schedule_slug = models.SlugField(max_length=100)
    layer = models.ForeignKey(
        Layer, models.SET_NULL, null=True, db_index=False, related_name="handoffs", verbose_name=_("layer")
    )
    layer_name = models.CharField(_("layer"), max_length=100)
    at = models.DateTimeField(_("at"))
    began_at = models.DateTimeField(_("past shift began"))
    withdrawn_at = models.DateTimeField(
        _("withdrawn"), null=True, blank=True, help_text=_("The schedule was changed before it came.")
    )

    class Meta:
        verbose_name = _("handoff")
        verbose_name_plural = _("handoffs")
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["layer", "at"], name="one_handoff_per_instant")]
        indexes = [models.Index(fields=["at", "id"])]

    def __str__(self) -> str:
        return f"{self.schedule_slug} · {self.layer_name}"


class HandoffSide(models.Model):
    """One person's part in a handoff: what they were told, their note, their signature."""

    class Side(models.TextChoices):
        OUTGOING = "outgoing", _("outgoing")
        INCOMING = "incoming", _("incoming")

    handoff = models.ForeignKey(Handoff, models.CASCADE, db_index=False, related_name="sides")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="handoffs", verbose_name=_("person")
    )
    username = models.CharField(_("person"), max_length=150)
    side = models.CharField(_("side"), max_length=8, choices=Side.choices)
    note = models.TextField(_("note"), blank=True)
    note_at = models.DateTimeField(_("note written"), null=True, blank=True)
    signed_at = models.DateTimeField(_("signed"), null=True, blank=True)
    # The engine's: when the next notice is due, and which (minutes before) was the last.
    due_at = models.DateTimeField(null=True, blank=True)
    told_minutes = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("part in a handoff")
        verbose_name_plural = _("parts in handoffs")
        default_permissions = ()  # seen with its handoff
        ordering = ["handoff", "-side", "username"]
        constraints = [models.UniqueConstraint(fields=["handoff", "person", "side"], name="one_part_per_side")]
        indexes = [models.Index(fields=["due_at"], name="handoff_notice_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.username}: {self.get_side_display()}"

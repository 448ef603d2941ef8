"""Schedules: ordered layers whose rotations yield shifts, and the exceptions to them."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from oncall.models.fields import NoticesField, ZoneField, minutes_of
from oncall.models.teams import Team


class Schedule(models.Model):
    """Who is on call for a team, layer by layer."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="schedules", verbose_name=_("team")
    )
    timezone = ZoneField(_("time zone"), default="UTC")
    rest_max_consecutive_days = models.PositiveSmallIntegerField(_("at most days in a row"), null=True, blank=True)
    rest_min_gap_days = models.PositiveSmallIntegerField(_("at least days between turns"), null=True, blank=True)
    handoff_notices = NoticesField(_("handoff notices (minutes before)"))
    # The engine's own columns: shifts are recorded up to here, and the next boundary to record is due then; handoffs
    # and calendars are made up to here, and looked at again then.
    recorded_to_at = models.DateTimeField(null=True, blank=True, editable=False)
    record_due_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    planned_to_at = models.DateTimeField(null=True, blank=True, editable=False)
    plan_due_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    history = HistoricalRecords(excluded_fields=["recorded_to_at", "record_due_at", "planned_to_at", "plan_due_at"])

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def notices(self) -> list[int]:
        """Minutes before each handoff at which people are told of it, the longest first."""
        return minutes_of(self.handoff_notices)


class Layer(models.Model):
    """One rotation of a schedule: primary, secondary, …"""

    class Unit(models.TextChoices):
        HOURLY = "hourly", _("hours")
        DAILY = "daily", _("days")
        WEEKLY = "weekly", _("weeks")
        MONTHLY = "monthly", _("months")

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="layers", verbose_name=_("schedule"))
    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    timezone = ZoneField(_("time zone"), blank=True, help_text=_("Empty: the schedule's."))
    unit = models.CharField(_("unit"), max_length=10, choices=Unit.choices, default=Unit.WEEKLY)
    length = models.PositiveSmallIntegerField(_("every"), default=1, validators=[MinValueValidator(1)])
    start_at = models.DateTimeField(
        _("first handoff"), help_text=_("The first member's turn begins here; the pattern runs before it too.")
    )
    until_at = models.DateTimeField(_("until"), null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("layer")
        verbose_name_plural = _("layers")
        ordering = ["schedule", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "name"], name="one_layer_per_name"),
            models.CheckConstraint(condition=Q(length__gte=1), name="rotation_length_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule} · {self.name}"


class LayerMember(models.Model):
    """A person in a turn; several with one position take that turn together."""

    layer = models.ForeignKey(Layer, models.CASCADE, related_name="members", verbose_name=_("layer"))
    position = models.PositiveSmallIntegerField(_("turn"), default=0)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="turns", verbose_name=_("person"))
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["layer", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["layer", "position", "user"], name="once_per_turn")]

    def __str__(self) -> str:
        return f"{self.position}: {self.user}"


class Override(models.Model):
    """Replace (add and remove), add alone, or remove alone (a hole), for [starts, ends); applied in the order made."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="overrides", verbose_name=_("schedule"))
    layer = models.ForeignKey(
        Layer, models.CASCADE, null=True, blank=True, related_name="overrides", verbose_name=_("layer")
    )
    add = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("on call instead"),
    )
    remove = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("relieved")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("override")
        verbose_name_plural = _("overrides")
        ordering = ["-starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="override_ends_after_start"),
            models.CheckConstraint(
                condition=Q(add__isnull=False) | Q(remove__isnull=False), name="override_names_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule}: {self.remove or '—'} → {self.add or '—'}"


class DeclaredGap(models.Model):
    """Hours in which nobody is needed; a gap there is no finding."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="declared_gaps", verbose_name=_("schedule"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("declared gap")
        verbose_name_plural = _("declared gaps")
        ordering = ["starts_at"]
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="gap_ends_after_start")]

    def __str__(self) -> str:
        return self.reason or str(_("declared gap"))

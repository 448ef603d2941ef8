"""Escalation policies, and the immutable copies that running pages follow."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from oncall.models.schedules import Layer, Schedule
from oncall.models.teams import Channel, Team


class EscalationPolicy(models.Model):
    """Steps that are run one after another until somebody answers."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="policies", verbose_name=_("team")
    )
    repeat = models.PositiveSmallIntegerField(
        _("repeat"), default=0, help_text=_("How often all steps are run once more.")
    )
    repeat_after_minutes = models.PositiveSmallIntegerField(
        _("repeat after (minutes)"),
        null=True,
        blank=True,
        help_text=_("Wait after the last step; empty: the last step's delay, 5 if that is 0."),
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("escalation policy")
        verbose_name_plural = _("escalation policies")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class EscalationStep(models.Model):
    policy = models.ForeignKey(EscalationPolicy, models.CASCADE, related_name="steps", verbose_name=_("policy"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    delay_minutes = models.PositiveSmallIntegerField(
        _("delay (minutes)"), default=0, help_text=_("The wait before this step, from the step before it.")
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["policy", "position", "id"]

    def __str__(self) -> str:
        return f"{self.policy} · {self.position + 1}"


class StepTarget(models.Model):
    """Whom a step pages."""

    class Kind(models.TextChoices):
        SCHEDULE = "schedule", _("a schedule's layer")
        USER = "user", _("a person")
        TEAM_LEAD = "team_lead", _("a team's lead")
        TEAM_MANAGER = "team_manager", _("a team's manager")
        TEAM = "team", _("a whole team")
        CHANNEL = "channel", _("a channel")

    step = models.ForeignKey(EscalationStep, models.CASCADE, related_name="targets", verbose_name=_("step"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.SCHEDULE)
    schedule = models.ForeignKey(
        Schedule, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("schedule")
    )
    layer = models.ForeignKey(
        Layer,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("layer"),
        help_text=_("Empty: the schedule's first layer."),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("team"))
    channel = models.ForeignKey(
        Channel, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("channel")
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ["step", "id"]

    def __str__(self) -> str:
        return str(
            self.layer or self.schedule or self.user or self.channel or f"{self.get_kind_display()}: {self.team}"
        )


class PolicyVersion(models.Model):
    """A policy as it was when a page began: never changed, shared by all pages with the same content.

    `steps` is [{"delay_minutes": int, "targets": [{"kind", "id", "layer", "name"}]}]: a definition, not a state; the
    cursor stays in columns of the page. `repeat` null means without end (a person paged by hand).
    """

    policy = models.ForeignKey(EscalationPolicy, models.SET_NULL, null=True, related_name="versions")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    steps = models.JSONField(default=list)
    repeat = models.PositiveSmallIntegerField(null=True, default=0)
    repeat_after_minutes = models.PositiveSmallIntegerField(default=5)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")

    def __str__(self) -> str:
        return self.name

"""Severity profiles: what a level means and what it asks of people."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from oncall.models.fields import Urgency


class Severity(models.Model):
    class Paging(models.TextChoices):
        ALWAYS = "always", _("at once, day and night")
        WORKING_HOURS = "working_hours", _("in the team's working hours")
        NEVER = "never", _("never")

    class Commander(models.TextChoices):
        REQUIRED = "required", _("required")
        OPTIONAL = "optional", _("optional")

    class Room(models.TextChoices):
        ROOM = "room", _("a room of its own")
        CHANNEL = "channel", _("the team's channel")
        NONE = "none", _("none")

    class Postmortem(models.TextChoices):
        REQUIRED = "required", _("required")
        SENTENCE = "sentence", _("one sentence")
        NONE = "none", _("none")

    level = models.CharField(_("level"), max_length=16, unique=True)
    rank = models.PositiveSmallIntegerField(_("rank"), unique=True, help_text=_("1 is the most severe."))
    name = models.CharField(_("name"), max_length=60)
    description = models.TextField(_("description"), blank=True)
    examples = models.JSONField(_("examples"), default=list, blank=True)
    urgency = models.CharField(_("urgency"), max_length=4, choices=Urgency.choices, default=Urgency.HIGH)
    page = models.CharField(_("pages"), max_length=14, choices=Paging.choices, default=Paging.ALWAYS)
    response_minutes = models.PositiveIntegerField(_("response within (minutes)"), null=True, blank=True)
    response_next_business_day = models.BooleanField(_("response on the next business day"), default=False)
    update_minutes = models.PositiveIntegerField(_("update every (minutes)"), null=True, blank=True)
    first_update_minutes = models.PositiveIntegerField(_("first update within (minutes)"), null=True, blank=True)
    aware = models.JSONField(
        _("made aware"), default=list, blank=True, help_text=_("Usernames, channel slugs, team_lead or team_manager.")
    )
    required_layers = models.JSONField(_("required layers"), default=list, blank=True)
    commander = models.CharField(_("commander"), max_length=10, choices=Commander.choices, default=Commander.OPTIONAL)
    staffing = models.CharField(_("staffing"), max_length=200, blank=True)
    room = models.CharField(_("room"), max_length=10, choices=Room.choices, default=Room.NONE)
    approval_minutes = models.PositiveIntegerField(_("approval within (minutes)"), null=True, blank=True)
    ack_timeout_minutes = models.PositiveIntegerField(
        _("pages again after (minutes)"),
        null=True,
        blank=True,
        help_text=_("An acknowledged incident without an entry by a person for so long is paged again. Empty: never."),
    )
    postmortem = models.CharField(_("postmortem"), max_length=10, choices=Postmortem.choices, default=Postmortem.NONE)
    review_hours = models.PositiveIntegerField(
        _("review scheduled within (hours)"), default=48, db_default=48, help_text=_("Counted from the resolve.")
    )
    publish_business_days = models.PositiveSmallIntegerField(
        _("published within (business days)"),
        default=5,
        db_default=5,
        help_text=_("Of the team, counted from the resolve; 0: on the same day."),
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("severity")
        verbose_name_plural = _("severities")
        ordering = ["rank"]

    def __str__(self) -> str:
        return f"{self.level} {self.name}"

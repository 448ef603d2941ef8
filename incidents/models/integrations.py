"""Integrations: a sender's key to one service."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from incidents.models.services import Service


class ShownIntegrations(models.Manager["Integration"]):
    """All but the canary's. By a subquery, not a join: rows stay lockable and can be updated."""

    def get_queryset(self) -> models.QuerySet["Integration"]:
        return super().get_queryset().exclude(service__in=Service.every.filter(canary=True))


class Integration(models.Model):
    """The key is kept as a prefix and an HMAC. The drain keeps the counters, so that accepting costs one statement."""

    class Format(models.TextChoices):
        GENERIC = "generic", _("generic JSON")
        ALERTMANAGER = "alertmanager", _("Prometheus Alertmanager, Grafana")
        PAGERDUTY = "pagerduty", _("PagerDuty Events v2")
        HEARTBEAT = "heartbeat", _("heartbeat")

    service = models.ForeignKey(Service, models.CASCADE, related_name="integrations", verbose_name=_("service"))
    name = models.CharField(_("name"), max_length=100)
    format = models.CharField(_("format"), max_length=20, choices=Format.choices, default=Format.GENERIC)
    key_prefix = models.CharField(_("key begins with"), max_length=12, editable=False)
    key_digest = models.CharField(max_length=64, unique=True, editable=False)
    enabled = models.BooleanField(_("enabled"), default=True)
    per_alert = models.BooleanField(
        _("one alert per alert"), default=False, help_text=_("Alertmanager: off makes one alert per group.")
    )
    limit_per_minute = models.PositiveIntegerField(_("limit per minute"), null=True, blank=True)
    every_minutes = models.PositiveIntegerField(
        _("expected every (minutes)"), null=True, blank=True, help_text=_("Heartbeats only.")
    )
    severity_map = models.JSONField(
        _("severity words"),
        default=dict,
        blank=True,
        help_text=_('The sender\'s word to a level, e.g. {"critical": "SEV-1"}; empty: the usual four.'),
    )
    # Encrypted (oncall.sealed). With one only signed bodies are taken; while rotating the previous one is good too.
    signing_secret = models.TextField(blank=True, default="", db_default="", editable=False)
    previous_signing_secret = models.TextField(blank=True, default="", db_default="", editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True, editable=False)
    received_count = models.PositiveBigIntegerField(_("received"), default=0, editable=False)
    # A heartbeat's clock starts with its first ping; empty while none is awaited.
    heartbeat_due_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    history = HistoricalRecords(
        excluded_fields=[
            *("key_digest", "signing_secret", "previous_signing_secret"),
            *("last_seen_at", "received_count", "heartbeat_due_at"),
        ]
    )

    objects = ShownIntegrations()
    every: ClassVar[models.Manager["Integration"]] = models.Manager()  # the canary's too: for the engine

    class Meta:
        verbose_name = _("integration")
        verbose_name_plural = _("integrations")
        ordering = ["service", "name"]
        constraints = [models.UniqueConstraint(fields=["service", "name"], name="one_integration_per_name")]

    def __str__(self) -> str:
        return f"{self.service}: {self.name}"

"""Alerts: what senders told us, one row per problem while it lasts; and the silences that mute them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from incidents.models.incidents import Incident, known_to, may_see_all
from incidents.models.integrations import Integration
from incidents.models.services import Service
from incidents.models.severities import Severity


class Silence(models.Model):
    """Alerts that match are stored and open no incident until it ends."""

    service = models.ForeignKey(
        Service,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="silences",
        verbose_name=_("service"),
        help_text=_("Empty: every service."),
    )
    matchers = models.TextField(
        _("matchers"),
        blank=True,
        help_text=_('One per line, as Alertmanager writes them: alertname="DiskFull", instance=~"db.*"'),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    comment = models.CharField(_("comment"), max_length=300, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("silence")
        verbose_name_plural = _("silences")
        ordering = ["-starts_at"]
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="silence_ends_after_start")]

    def __str__(self) -> str:
        return self.comment or self.matchers[:60] or str(self.service)


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, user: object) -> "AlertQuerySet":
        """All alerts but those of private incidents this person may not see."""
        if may_see_all(user):
            return self
        return self.filter(Q(incident=None) | Q(incident__private=False) | known_to(user, "incident"))


_EveryAlerts = models.Manager.from_queryset(AlertQuerySet)


class ShownAlerts(_EveryAlerts["Alert"]):
    """All but the canary's."""

    def get_queryset(self) -> models.QuerySet["Alert"]:
        return super().get_queryset().exclude(service__in=Service.every.filter(canary=True))


class Alert(models.Model):
    integration = models.ForeignKey(
        Integration, models.SET_NULL, null=True, db_index=False, related_name="alerts", verbose_name=_("integration")
    )
    service = models.ForeignKey(Service, models.CASCADE, related_name="alerts", verbose_name=_("service"))
    incident = models.ForeignKey(
        Incident, models.SET_NULL, null=True, blank=True, related_name="alerts", verbose_name=_("incident")
    )
    dedup_key = models.CharField(_("dedup key"), max_length=255)
    title = models.CharField(_("title"), max_length=1024)
    severity = models.ForeignKey(Severity, models.PROTECT, related_name="+", verbose_name=_("severity"))
    source = models.CharField(_("source"), max_length=300, blank=True)
    labels = models.JSONField(_("labels"), default=dict)
    values = models.JSONField(_("values"), default=dict)
    links = models.JSONField(_("links"), default=list)
    count = models.PositiveIntegerField(_("count"), default=1)
    started_at = models.DateTimeField(_("started"))
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    silenced_until_at = models.DateTimeField(_("silenced until"), null=True, blank=True)

    objects = ShownAlerts()
    every = AlertQuerySet.as_manager()  # the canary's too: for the engine

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-first_seen_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "dedup_key"], condition=Q(resolved_at=None), name="one_open_alert_per_key"
            )
        ]
        indexes = [
            models.Index(fields=["first_seen_at", "id"]),
            # The earlier alert of a key: its incident is what a new one is linked to.
            models.Index(fields=["integration", "dedup_key", "id"], name="alert_of_key"),
            models.Index(
                fields=["silenced_until_at"],
                name="alert_silenced",
                condition=Q(silenced_until_at__isnull=False, resolved_at=None),
            ),
            models.Index(fields=["incident"], name="alert_open_of_incident", condition=Q(resolved_at=None)),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def state(self) -> str:
        return "open" if self.resolved_at is None else "resolved"

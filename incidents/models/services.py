"""Services: what can break, and who answers for it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from incidents.models.severities import Severity
from oncall.models import EscalationPolicy, Team


class ShownServices(models.Manager["Service"]):
    """All but the canary's: what people, lists and figures see, also those that are yet to be written."""

    def get_queryset(self) -> models.QuerySet["Service"]:
        return super().get_queryset().filter(canary=False)


class Service(models.Model):
    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    description = models.TextField(_("description"), blank=True)
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="services", verbose_name=_("team")
    )
    escalation_policy = models.ForeignKey(
        EscalationPolicy, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("escalation policy")
    )
    # Empty: SEV-3, the third of the shipped profiles (or the mildest that pages when that was deleted).
    default_severity = models.ForeignKey(
        Severity, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("default severity")
    )
    grouping_minutes = models.PositiveIntegerField(
        _("grouping (minutes)"),
        default=5,
        help_text=_("A new alert joins an open incident whose latest alert is younger; 0: never."),
    )
    auto_resolve = models.BooleanField(_("resolve with the last alert"), default=True)
    depends_on = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="needed_by", verbose_name=_("depends on")
    )
    user_facing = models.BooleanField(_("user facing"), default=False)
    runbook_url = models.URLField(_("runbook"), max_length=500, blank=True)
    # The watchdog's own, see `oncall.models.canary`: hidden, and what arrives here pages nobody.
    canary = models.BooleanField(default=False, db_default=False, editable=False)
    history = HistoricalRecords(m2m_fields=[depends_on], excluded_fields=["canary"])

    objects = ShownServices()
    every: ClassVar[models.Manager["Service"]] = models.Manager()  # the canary's too: for the engine

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SeverityPolicy(models.Model):
    """The policy that a service uses for one severity instead of its usual one."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="severity_policies", verbose_name=_("service"))
    severity = models.ForeignKey(Severity, models.CASCADE, related_name="+", verbose_name=_("severity"))
    policy = models.ForeignKey(EscalationPolicy, models.CASCADE, related_name="+", verbose_name=_("escalation policy"))
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("policy by severity")
        verbose_name_plural = _("policies by severity")
        ordering = ["service", "severity"]
        constraints = [models.UniqueConstraint(fields=["service", "severity"], name="one_policy_per_severity")]

    def __str__(self) -> str:
        return f"{self.severity.level}: {self.policy}"

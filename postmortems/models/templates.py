"""Templates: what a draft's sections say before anybody wrote, per severity and team."""

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from incidents.models import Severity
from oncall.models import Team


class PostmortemTemplate(models.Model):
    """Empty severity: all of them; empty team: every team. The most exact one counts, the team before the severity."""

    name = models.CharField(_("name"), max_length=100)
    severity = models.ForeignKey(
        Severity, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("severity")
    )
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("team"))
    summary = models.TextField(_("summary"), blank=True)
    detection = models.TextField(_("detection"), blank=True)
    symptom = models.TextField(_("symptom"), blank=True)
    root_cause = models.TextField(_("root cause"), blank=True)
    went_well = models.TextField(_("what went well"), blank=True)
    went_poorly = models.TextField(_("what went poorly"), blank=True)
    got_lucky = models.TextField(_("where we got lucky"), blank=True)
    lessons = models.TextField(_("lessons"), blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("postmortem template")
        verbose_name_plural = _("postmortem templates")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                Coalesce("severity", 0), Coalesce("team", 0), name="one_template_per_severity_and_team"
            )
        ]

    def __str__(self) -> str:
        return self.name

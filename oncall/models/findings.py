"""What the audit finds: a reason why somebody may not be paged, for as long as it holds."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AuditFinding(models.Model):
    """Written by `oncall.findings` only. `key` names the fault, so that finding it again is the same row.

    `subject` is opaque here, as that of a page; `rank` says how grave it is, 1 as SEV-1. Nothing private is named.
    """

    class Kind(models.TextChoices):
        STUCK = "stuck", _("page without a next step")
        UNPAGED = "unpaged", _("incident without a page")
        LATE = "late", _("late pages")
        UNREACHABLE = "unreachable", _("on call, cannot be reached")
        HOLE = "hole", _("hole in a policy")
        JOB = "job", _("job of the engine")
        ROW = "row", _("row that a job cannot handle")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    key = models.CharField(max_length=100)
    text = models.TextField(_("finding"))
    subject = models.CharField(max_length=64, blank=True)
    rank = models.PositiveSmallIntegerField(default=3)
    found_at = models.DateTimeField(_("found"))
    seen_at = models.DateTimeField(_("last seen"))
    cleared_at = models.DateTimeField(_("cleared"), null=True, blank=True)

    class Meta:
        verbose_name = _("audit finding")
        verbose_name_plural = _("audit findings")
        ordering = ["-found_at", "-id"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(cleared_at=None), name="one_open_finding_per_key")
        ]

    def __str__(self) -> str:
        return self.text

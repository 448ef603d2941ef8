"""The timeline: what happened, in order, never changed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from incidents.models.incidents import Incident


class TimelineEntry(models.Model):
    """Written by `incidents.timeline` only. `at` is when it happened, `recorded_at` when we wrote it down."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("opened")
        DECLARED = "declared", _("declared")
        ALERT = "alert", _("alert")
        PAGED = "paged", _("paged")
        UNREACHED = "unreached", _("nobody reached")
        FALLBACK = "fallback", _("fallback told")
        SENT = "sent", _("message sent")
        FAILED = "failed", _("message failed")
        HELD = "held", _("paging held")
        RELEASED = "released", _("paging released")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        SEVERITY = "severity", _("severity")
        ROLE = "role", _("role")
        NOTE = "note", _("note")
        MITIGATED = "mitigated", _("mitigated")
        RESOLVED = "resolved", _("resolved")
        REOPENED = "reopened", _("reopened")
        MERGED = "merged", _("merged")
        DISMISSED = "dismissed", _("dismissed")
        CLOSED = "closed", _("closed")
        AWARE = "aware", _("made aware")
        TIMEOUT = "timeout", _("acknowledgement timed out")
        PRIVACY = "privacy", _("privacy")

    class Source(models.TextChoices):
        CONSOLE = "console", _("console")
        API = "api", _("API")
        PHONE = "phone", _("phone page")
        SENDER = "sender", _("sender")
        ENGINE = "engine", _("engine")
        COMMAND = "command", _("command line")

    # Incidents are never deleted: the database need not look for each line's, nor index it beside the index below.
    incident = models.ForeignKey(
        Incident,
        models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="timeline",
        verbose_name=_("incident"),
    )
    at = models.DateTimeField(_("at"))
    recorded_at = models.DateTimeField(_("recorded"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    actor_name = models.CharField(_("who"), max_length=150, blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices, default=Source.ENGINE)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline entries")
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["incident", "at", "id"])]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.text[:80]}"

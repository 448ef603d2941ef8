"""The canary: an alert of the watchdog's own that must come out at the other end, and what became of each.

Its service, alerts, incidents (which have no number), pages and messages are ordinary rows that every model's `objects`
leaves out; only the engine, by `every`, sees them. They are deleted when the run is over; its row here stays.
"""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

#: The transport, and the only address, of the canary's messages: what is sent there arrives in its own row.
LOOPBACK: Final = "loopback"


class CanaryRun(models.Model):
    """One alert posted. Neither received nor failed: under way, or whoever posted it was stopped meanwhile."""

    posted_at = models.DateTimeField(_("posted"), db_index=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"), null=True, blank=True)
    failed = models.CharField(_("failed because"), max_length=300, blank=True, default="")
    # Posted early because the one before had failed: to see when it is over, not counted in the figures.
    again = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("canary run")
        verbose_name_plural = _("canary runs")
        ordering = ["-id"]  # the last first, also where the clock was set back
        default_permissions = []

    def __str__(self) -> str:
        return f"{self.posted_at:%Y-%m-%d %H:%M:%S} UTC"

"""The inbox: an accepted body is one row before anything is made of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incidents.models.integrations import Integration


class SignedMessage(models.Model):
    """A signed body that was taken, for as long as its signature would be believed again."""

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="+")
    message_id = models.CharField(max_length=64)  # SHA-256 of the sender's own
    signed_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["integration", "message_id"], name="one_signed_message")]

    def __str__(self) -> str:
        return f"{self.integration_id} {self.message_id[:8]}"


class ShownItems(models.Manager["InboxItem"]):
    """All but the canary's."""

    def get_queryset(self) -> models.QuerySet["InboxItem"]:
        return super().get_queryset().exclude(integration__in=Integration.every.filter(service__canary=True))


class InboxItem(models.Model):
    """`signals` is the parsed body: [Signal.to_json()]. A row that breaks the drain is set aside with its error."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        DONE = "done", _("done")
        ASIDE = "aside", _("set aside")

    integration = models.ForeignKey(Integration, models.CASCADE, related_name="inbox", verbose_name=_("integration"))
    received_at = models.DateTimeField(_("received"))
    signals = models.JSONField(_("signals"), default=list)
    # How many they are: a batch of the drain is bounded by signals, and a claim must not read half a megabyte per row.
    signal_count = models.PositiveIntegerField(_("events"), default=1)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PENDING)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    # Also when it was set aside: empty only while it waits.
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    objects = ShownItems()
    every: ClassVar[models.Manager["InboxItem"]] = models.Manager()  # the canary's too: for the engine

    class Meta:
        verbose_name = _("inbox item")
        verbose_name_plural = _("inbox")
        ordering = ["-id"]
        indexes = [
            # "Is null", not a state: a prepared statement's parameter cannot prove that the index holds its rows.
            models.Index(fields=["integration", "id"], name="inbox_pending", condition=Q(done_at=None)),
            models.Index(fields=["state", "id"], name="inbox_aside", condition=Q(state="aside")),
        ]

    def __str__(self) -> str:
        return f"{self.integration} {self.received_at:%Y-%m-%d %H:%M:%S} UTC"

"""The outbox: one message to one address is a row before it is sent."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from oncall.models.canary import LOOPBACK
from oncall.models.fields import Urgency
from oncall.models.pages import Page, shown_to
from oncall.models.teams import Channel
from oncall.models.users import ContactMethod


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: object) -> "NotificationQuerySet":
        """One's own, those of no page, and those of pages this person may see."""
        mine = Q(person=getattr(user, "pk", None))
        if getattr(user, "has_perm", lambda _perm: False)("incidents.view_private_incident"):
            return self.filter(mine | Q(private=False) | Q(page__isnull=False))
        open_ = Q(page=None, private=False) | Q(page__private=False)
        return self.filter(mine | open_ | Q(page__in=shown_to(user)))


_EveryNotifications = models.Manager.from_queryset(NotificationQuerySet)


class ShownNotifications(_EveryNotifications["Notification"]):
    """All but the canary's."""

    def get_queryset(self) -> models.QuerySet["Notification"]:
        return super().get_queryset().exclude(transport=LOOPBACK)


class Notification(models.Model):
    """`key` is the idempotency key: posting it twice is posting it once; providers get it too."""

    class Kind(models.TextChoices):
        PAGE = "page", _("page")
        TAKEN = "taken", _("taken")
        FALLBACK = "fallback", _("fallback")
        AWARE = "aware", _("made aware")
        CODE = "code", _("verification code")
        TEST = "test", _("test")
        ACCOUNT = "account", _("account")
        HANDOFF = "handoff", _("handoff")
        ROSTER = "roster", _("changed shifts")
        POSTMORTEM = "postmortem", _("postmortem")
        DIGEST = "digest", _("digest")

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        HELD = "held", _("held")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    key = models.CharField(max_length=200)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="notifications",
        verbose_name=_("person"),
    )
    channel = models.ForeignKey(
        Channel, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+", verbose_name=_("channel")
    )
    contact_method = models.ForeignKey(
        ContactMethod, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("contact method")
    )
    recipient = models.CharField(
        _("to"), max_length=200, help_text=_("Who it was, as it read when the message was posted.")
    )
    transport = models.CharField(_("transport"), max_length=20)
    address = models.CharField(max_length=1000, editable=False)
    lane = models.CharField(max_length=120, db_default="", default="", editable=False)
    page = models.ForeignKey(
        Page,
        models.CASCADE,
        null=True,
        blank=True,
        db_constraint=False,  # as with a step's run: the page is locked, and never deleted
        db_index=False,  # an index of the table begins with it
        related_name="notifications",
        verbose_name=_("page"),
    )
    step = models.PositiveSmallIntegerField(_("step"), null=True, blank=True)
    round = models.PositiveSmallIntegerField(_("round"), null=True, blank=True)
    private = models.BooleanField(default=False)
    urgency = models.CharField(max_length=4, choices=Urgency.choices, default=Urgency.HIGH)
    rank = models.PositiveSmallIntegerField(default=9)
    title = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"))
    letter = models.TextField(db_default="", default="", editable=False)  # `letters`: the text as mail shows it
    link = models.CharField(max_length=500, blank=True)
    calendar = models.TextField(db_default="", default="", editable=False)

    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField(_("posted"))
    due_at = models.DateTimeField(_("due"))
    give_up_at = models.DateTimeField()
    lease_until_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=120, db_default="", default="", editable=False)  # a process: `workers`
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    reason = models.CharField(_("outcome"), max_length=300, blank=True)

    objects = ShownNotifications()
    every = NotificationQuerySet.as_manager()  # the canary's too: for the engine

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-created_at", "-id"]
        # Not the field's own `unique`, which brings a second index that nothing asks for.
        constraints = [models.UniqueConstraint(fields=["key"], name="notification_posted_once")]
        indexes = [
            models.Index(fields=["lane", "rank", "due_at"], name="notification_lane_due", condition=Q(state="pending")),
            models.Index(fields=["lease_until_at"], name="notification_leased", condition=Q(state="sending")),
            models.Index(fields=["created_at", "id"]),
            models.Index(fields=["page", "contact_method"]),
            models.Index(fields=["person", "id"], name="notification_of_person"),
            # Lists of what is rare; what is usual is found at once in any order.
            models.Index(fields=["kind", "id"], name="notification_kind", condition=~Q(kind="page")),
            models.Index(
                fields=["state", "id"], name="notification_over", condition=Q(state__in=["held", "failed", "cancelled"])
            ),
            models.Index(fields=["channel"], name="notification_channel", condition=Q(channel__isnull=False)),
        ]

    def __str__(self) -> str:
        # A code is for its reader only; this text stands in headings and lists.
        return f"{self.recipient}: {self.get_kind_display() if self.kind == self.Kind.CODE else self.title}"

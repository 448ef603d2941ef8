"""Action items: what shall change, who does it, by when, and how its date moved."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incidents.models.incidents import known_to, may_see_all
from postmortems.models.parts import Factor
from postmortems.models.postmortems import Postmortem


class ActionItemQuerySet(models.QuerySet["ActionItem"]):
    def visible_to(self, user: object) -> "ActionItemQuerySet":
        """As their postmortems are."""
        if may_see_all(user):
            return self
        seen = Q(postmortem__incident=None) | Q(postmortem__incident__private=False)
        return self.filter(seen | known_to(user, "postmortem__incident"))

    def unfinished(self) -> "ActionItemQuerySet":
        return self.filter(status__in=ActionItem.UNFINISHED)


class ActionItem(models.Model):
    """Changed by verbs only. `owner_name` is who somebody wrote down where no account is known."""

    class Kind(models.TextChoices):
        PREVENT = "prevent", _("prevent")
        DETECT = "detect", _("detect")
        MITIGATE = "mitigate", _("mitigate")
        PROCESS = "process", _("process")

    class Priority(models.TextChoices):
        P1 = "P1", "P1"
        P2 = "P2", "P2"
        P3 = "P3", "P3"
        P4 = "P4", "P4"

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        IN_PROGRESS = "in_progress", _("in progress")
        BLOCKED = "blocked", _("blocked")
        DONE = "done", _("done")
        WONT_DO = "wont_do", _("won't do")

    UNFINISHED = ["open", "in_progress", "blocked"]

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="actions", verbose_name=_("postmortem"))
    description = models.TextField(_("description"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="action_items",
        verbose_name=_("owner"),
    )
    owner_name = models.CharField(_("owner as written"), max_length=150, blank=True)
    priority = models.CharField(_("priority"), max_length=2, choices=Priority.choices, blank=True)
    due_on = models.DateField(_("due"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.OPEN)
    factors = models.ManyToManyField(Factor, blank=True, related_name="actions", verbose_name=_("addresses"))
    addresses_cause = models.BooleanField(_("addresses the root cause"), default=False)
    link = models.URLField(_("tracker"), max_length=500, blank=True)
    evidence = models.TextField(_("evidence"), blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("approver")
    )
    approver_name = models.CharField(max_length=150, blank=True, default="", db_default="", editable=False)
    # Days: since when the owner has it with this date, when a digest last brought it, when it went up to the manager.
    chased_from = models.DateField(null=True, blank=True, editable=False)
    reminded_on = models.DateField(null=True, blank=True, editable=False)
    escalated_on = models.DateField(null=True, blank=True, editable=False)
    second_move_at = models.DateTimeField(null=True, blank=True, editable=False)  # until the manager was told
    created_at = models.DateTimeField(_("added"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = ActionItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("action item")
        verbose_name_plural = _("action items")
        ordering = ["due_on", "id"]
        indexes = [
            models.Index(
                fields=["owner", "due_on"],
                name="action_unfinished",
                condition=Q(status__in=["open", "in_progress", "blocked"]),
            ),
            models.Index(fields=["status", "due_on"]),
            models.Index(
                fields=["status", "finished_at"], name="action_finished", condition=Q(finished_at__isnull=False)
            ),
            models.Index(
                fields=["second_move_at"], name="action_second_move", condition=Q(second_move_at__isnull=False)
            ),
        ]
        permissions = [("approve_actionitem", _("Can approve that an action item will not be done"))]

    def __str__(self) -> str:
        return self.description[:120]

    @property
    def is_finished(self) -> bool:
        return self.status not in self.UNFINISHED


class DueMove(models.Model):
    """One change of a due date and why; never changed."""

    action = models.ForeignKey(ActionItem, models.CASCADE, related_name="moves")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("who")
    )
    by_name = models.CharField(_("who"), max_length=150)
    from_on = models.DateField(_("from"), null=True)
    to_on = models.DateField(_("to"))
    reason = models.CharField(_("reason"), max_length=500)

    class Meta:
        verbose_name = _("move of a due date")
        verbose_name_plural = _("moves of due dates")
        ordering = ["at", "id"]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{self.from_on} → {self.to_on}"

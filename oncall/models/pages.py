"""Pages: one run of an escalation policy each, with its cursor and due time in columns."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from oncall.models.fields import Urgency
from oncall.models.policies import PolicyVersion


class PageQuerySet(models.QuerySet["Page"]):
    def visible_to(self, user: object) -> "PageQuerySet":
        """Pages this person may see: private ones only by their audience and by who may see everything private."""
        if getattr(user, "has_perm", lambda _perm: False)("incidents.view_private_incident"):
            return self
        return self.filter(Q(private=False) | Q(pk__in=shown_to(user)))

    def running(self) -> "PageQuerySet":
        """Pages that still want somebody, or have them."""
        return self.filter(state__in=[Page.State.OPEN, Page.State.ACKNOWLEDGED])


def shown_to(user: object) -> "models.QuerySet[Any]":
    """Keys of the private pages that this person is the audience of."""
    return Page.audience.through.objects.filter(user=getattr(user, "pk", None)).values("page")


_EveryPages = models.Manager.from_queryset(PageQuerySet)


class ShownPages(_EveryPages["Page"]):
    """All but the canary's."""

    def get_queryset(self) -> models.QuerySet["Page"]:
        return super().get_queryset().filter(canary=False)


class Page(models.Model):
    """What the upper app wants somebody to be woken for.

    `subject` is opaque here. The facts are what messages say, written by the upper app through `paging`.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        RESOLVED = "resolved", _("resolved")
        ENDED = "ended", _("ended")

    subject = models.CharField(max_length=64)
    title = models.CharField(_("title"), max_length=1024)
    severity_label = models.CharField(_("severity"), max_length=32)
    rank = models.PositiveSmallIntegerField(default=9, help_text=_("1 is the most severe."))
    urgency = models.CharField(_("urgency"), max_length=4, choices=Urgency.choices, default=Urgency.HIGH)
    service = models.CharField(_("service"), max_length=200, blank=True)
    started_at = models.DateTimeField(_("since"))
    facts = models.JSONField(default=list, help_text=_("What messages say: [{label, value}]."))
    links = models.JSONField(default=list, help_text=_("Where to look: [{href, text}]."))
    private = models.BooleanField(_("private"), default=False)
    audience = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    responder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("paged by hand"),
    )
    policy = models.ForeignKey(
        PolicyVersion, models.PROTECT, null=True, blank=True, related_name="pages", verbose_name=_("policy")
    )

    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField(_("opened"))
    # The cursor: what runs next, counted from 1, and when. No due time: nothing runs.
    step = models.PositiveSmallIntegerField(_("next step"), default=1)
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    due_at = models.DateTimeField(_("next due"), null=True, blank=True)
    exhausted_at = models.DateTimeField(_("exhausted"), null=True, blank=True)
    held_at = models.DateTimeField(_("held"), null=True, blank=True)
    hold_reason = models.CharField(_("held because"), max_length=200, blank=True)
    held_due_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)

    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("acknowledged by"),
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    end_reason = models.CharField(_("ended because"), max_length=200, blank=True)

    # Pages nobody, see `oncall.models.canary`; runs after all others and never tells the fallback.
    canary = models.BooleanField(default=False, db_default=False, editable=False)

    objects = ShownPages()
    every = PageQuerySet.as_manager()  # the canary's too: for the engine

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["-opened_at", "-id"]
        indexes = [
            models.Index(fields=["rank", "due_at"], name="page_due", condition=Q(due_at__isnull=False)),
            # Whether any is due, and since when: the rank before it would have all of them read.
            models.Index(fields=["due_at"], name="page_due_at", condition=Q(due_at__isnull=False)),
            models.Index(fields=["subject"], name="page_subject"),
            models.Index(fields=["state", "id"], name="page_state"),
            models.Index(fields=["rank", "-id"], name="page_rank"),
            # Few rows have these, and those are all that is looked for.
            models.Index(fields=["responder"], name="page_responder", condition=Q(responder__isnull=False)),
            models.Index(fields=["acknowledged_by"], name="page_taken_by", condition=Q(acknowledged_by__isnull=False)),
            # What the audit looks for each minute: as many rows as there are faults, however many pages are open.
            models.Index(
                fields=["rank"],
                name="page_stuck",
                condition=Q(state="open", due_at=None, held_at=None, exhausted_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.severity_label} {self.title}"


class StepRun(models.Model):
    """One step that was done: the row that makes doing it twice impossible, and the record of whom it could not reach.

    `misses` is [{"target", "person", "why"}], `why` one of `logic.reach`'s words. A telling of the fallback is step 0.
    """

    # Written under the page's own lock, and pages are never deleted: the database need not look for it, nor index it
    # beside the constraint.
    page = models.ForeignKey(Page, models.CASCADE, db_constraint=False, db_index=False, related_name="runs")
    round = models.PositiveSmallIntegerField()
    step = models.PositiveSmallIntegerField()
    ran_at = models.DateTimeField()
    reached = models.PositiveSmallIntegerField(default=0)
    misses = models.JSONField(default=list)

    class Meta:
        verbose_name = _("step run")
        verbose_name_plural = _("step runs")
        ordering = ["page", "ran_at", "id"]
        constraints = [models.UniqueConstraint(fields=["page", "round", "step"], name="one_run_per_step_and_round")]

    def __str__(self) -> str:
        return f"{self.page_id}: {self.round}.{self.step}"

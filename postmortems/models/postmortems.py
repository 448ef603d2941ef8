"""Postmortems: what happened, why, and by when it has to be written down."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incidents.models import Incident, Service, Severity
from incidents.models.incidents import known_to, may_see_all


class PostmortemQuerySet(models.QuerySet["Postmortem"]):
    def visible_to(self, user: object) -> "PostmortemQuerySet":
        """As their incidents are: those of private ones only for who may see these."""
        if may_see_all(user):
            return self
        return self.filter(Q(incident=None) | Q(incident__private=False) | known_to(user, "incident"))


class PostmortemNumber(models.Model):
    """The last number given in a year; its row lock orders those who ask at once."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Instants(models.Model):
    """The named instants of what happened; empty: not known. Durations are derived from them, each by name."""

    changed_at = models.DateTimeField(_("last change before"), null=True, blank=True)
    impact_started_at = models.DateTimeField(_("impact began"), null=True, blank=True)
    alerted_at = models.DateTimeField(_("alerted"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    gathered_at = models.DateTimeField(_("people gathered"), null=True, blank=True)
    issue_found_at = models.DateTimeField(_("issue found"), null=True, blank=True)
    cause_found_at = models.DateTimeField(_("cause found"), null=True, blank=True)
    mitigation_started_at = models.DateTimeField(_("mitigation began"), null=True, blank=True)
    rolled_back_at = models.DateTimeField(_("rolled back"), null=True, blank=True)
    recovered_at = models.DateTimeField(_("recovered"), null=True, blank=True)

    class Meta:
        abstract = True


class Impact(models.Model):
    """What it cost; empty: not known, which is not nothing."""

    users_affected = models.PositiveBigIntegerField(_("users affected"), null=True, blank=True)
    revenue_amount = models.DecimalField(_("revenue lost"), max_digits=16, decimal_places=2, null=True, blank=True)
    revenue_currency = models.CharField(_("currency"), max_length=3, blank=True, help_text=_("Three letters: EUR."))
    error_budget_percent = models.DecimalField(
        _("error budget consumed (%)"), max_digits=7, decimal_places=2, null=True, blank=True
    )
    failed_requests = models.PositiveBigIntegerField(_("failed requests"), null=True, blank=True)
    support_tickets = models.PositiveIntegerField(_("support tickets"), null=True, blank=True)
    impact_text = models.TextField(_("impact in words"), blank=True)

    class Meta:
        abstract = True


class Sections(models.Model):
    """What people write, as Markdown. The root cause's waiver says why nothing is done about it, and who signed."""

    summary = models.TextField(_("summary"), blank=True)
    detection = models.TextField(_("detection"), blank=True)
    symptom = models.TextField(_("symptom"), blank=True)
    root_cause = models.TextField(_("root cause"), blank=True)
    went_well = models.TextField(_("what went well"), blank=True)
    went_poorly = models.TextField(_("what went poorly"), blank=True)
    got_lucky = models.TextField(_("where we got lucky"), blank=True)
    lessons = models.TextField(_("lessons"), blank=True)
    cause_waiver = models.CharField(_("waiver: nothing is done because"), max_length=500, blank=True)
    cause_waiver_signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("signed by")
    )
    # Who signed where no account is known, as a file said that was read in; it is nobody's signature here.
    cause_waiver_signer_name = models.CharField(max_length=150, blank=True, default="", db_default="", editable=False)

    class Meta:
        abstract = True


class Clocks(models.Model):
    """Both clocks run from the resolve of the incident; `next_look_at` is when the engine looks at them next."""

    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    review_due_at = models.DateTimeField(_("review scheduled by"), null=True, blank=True)
    publish_due_at = models.DateTimeField(_("published by"), null=True, blank=True)
    next_look_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When the meeting is, and when it was put there: the first clock asks for the second.
    review_at = models.DateTimeField(_("review meeting"), null=True, blank=True)
    review_scheduled_at = models.DateTimeField(_("review was scheduled"), null=True, blank=True)
    review_minutes = models.PositiveSmallIntegerField(_("length of the review (minutes)"), default=60, db_default=60)
    review_place = models.CharField(_("where it is held"), max_length=300, blank=True, db_default="")
    # Of its invitations (RFC 5545): it rises with each change that their readers must hear of.
    review_sequence = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    review_held_at = models.DateTimeField(_("review held"), null=True, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        abstract = True


class Postmortem(Instants, Impact, Sections, Clocks):
    """Changed by verbs only; `version` grows with each edit, so that of two editors the second is told."""

    class Kind(models.TextChoices):
        FULL = "full", _("postmortem")
        SENTENCE = "sentence", _("one sentence")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        IN_REVIEW = "in_review", _("in review")
        PUBLISHED = "published", _("published")
        CLOSED = "closed", _("closed")

    UNPUBLISHED = ["draft", "in_review"]

    number = models.CharField(_("number"), max_length=20, unique=True)
    title = models.CharField(_("title"), max_length=1100)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.FULL)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)
    # Empty only for what was imported from before there were incidents here.
    incident = models.OneToOneField(
        Incident, models.PROTECT, null=True, blank=True, related_name="postmortem", verbose_name=_("incident")
    )
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="postmortems", verbose_name=_("service")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    severity = models.ForeignKey(
        Severity, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("severity declared")
    )
    assessed = models.ForeignKey(
        Severity, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("severity assessed")
    )
    happened_on = models.DateField(_("date"), null=True, blank=True)
    stated_duration = models.DurationField(_("duration as stated"), null=True, blank=True)
    created_at = models.DateTimeField(_("drafted"))

    objects = PostmortemQuerySet.as_manager()

    class Meta:
        verbose_name = _("postmortem")
        verbose_name_plural = _("postmortems")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["created_at", "id"]),
            models.Index(fields=["state", "publish_due_at"]),
            models.Index(
                fields=["-published_at", "-id"], name="postmortem_library", condition=Q(published_at__isnull=False)
            ),
            models.Index(fields=["next_look_at"], name="postmortem_next_look", condition=Q(next_look_at__isnull=False)),
        ]
        permissions = [("publish_postmortem", _("Can publish and reopen postmortems, and sign waivers"))]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def private(self) -> bool:
        """Whether it is to be hidden with its incident."""
        return self.incident is not None and self.incident.private


class PostmortemEvent(models.Model):
    """What was done with a postmortem, in order: written by its verbs, never changed."""

    class Kind(models.TextChoices):
        DRAFTED = "drafted", _("drafted")
        EDITED = "edited", _("edited")
        ASSESSED = "assessed", _("severity assessed")
        OWNER = "owner", _("owner")
        WAIVED = "waived", _("waived")
        REVIEW = "review", _("in review")
        SCHEDULED = "scheduled", _("review scheduled")
        HELD = "held", _("review held")
        PUBLISHED = "published", _("published")
        REOPENED = "reopened", _("reopened")
        CLOSED = "closed", _("closed")
        ACTION = "action", _("action item")
        IMPORTED = "imported", _("imported")

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="events")
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    actor_name = models.CharField(_("who"), max_length=150, blank=True)
    text = models.TextField(_("text"), blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["at", "id"]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.text[:80]}"

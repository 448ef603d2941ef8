"""Incidents: one problem that people deal with, its severities and roles as they changed."""

import re
from typing import Final, cast

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.utils.text import smart_split
from django.utils.translation import gettext_lazy as _

from incidents.logic.numbering import format_number
from incidents.models.numbers import NumberSequence
from incidents.models.services import Service
from incidents.models.severities import Severity
from oncall.models import AuditFinding, newest

# Whether it is over, as lists put it last. In these words and no others: an index has them.
OVER: Final = ExpressionWrapper(Q(resolved_at__isnull=False), output_field=models.BooleanField())
LISTED: Final = (OVER, F("opened_at").desc(), F("id").desc())


def may_see_all(user: object) -> bool:
    """Whether private incidents are this person's to see, whoever is in them."""
    return bool(getattr(user, "has_perm", lambda _perm: False)("incidents.view_private_incident"))


def known_to(user: object, incident: str) -> Q:
    """`incident` (the name of the field) is one that this person has or had a part in."""
    pk = getattr(user, "pk", None)
    responded = Responder.objects.filter(person=pk).values("incident")
    held = RoleAssignment.objects.filter(person=pk).values("incident")
    return Q((f"{incident}__in", responded)) | Q((f"{incident}__in", held))


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, user: object) -> "IncidentQuerySet":
        """Private incidents only for their roles, responders, those they paged, and the group Security."""
        return self if may_see_all(user) else self.filter(Q(private=False) | known_to(user, "pk"))

    def open(self) -> "IncidentQuerySet":
        return self.filter(state__in=Incident.OPEN_STATES)

    def sought(self, words: str) -> "IncidentQuerySet":
        """Those with every one of the words in title, service or number; quoted words stand together.

        A title is found by its index, which knows three letters and more: with shorter words alone, the newest only.
        """
        parts = [part.strip("\"'") for part in smart_split(words)]
        rows = self
        for part in parts:
            services = list(Service.objects.filter(name__icontains=part).values_list("pk", flat=True))
            rows = rows.filter(Q(title__icontains=part) | Q(service__in=services) | _numbered(part))
        return newest(rows) if parts and all(len(part) < 3 for part in parts) else rows


def _numbered(word: str) -> Q:
    """As people call an incident: the whole number or its beginning, or only what comes after the year."""
    if word.isascii() and word.isdigit() and len(word) < 10:
        years = NumberSequence.objects.values_list("year", flat=True)
        return Q(number__in=[format_number(year, int(word)) for year in years])
    year = re.fullmatch(r"(?:INC-)?(\d{4}-\d*)", word, re.ASCII | re.IGNORECASE)
    return Q(number__startswith=f"INC-{year[1]}") if year else Q()


_EveryIncidents = models.Manager.from_queryset(IncidentQuerySet)


class ShownIncidents(_EveryIncidents["Incident"]):
    """All but the canary's, which have no number."""

    def get_queryset(self) -> models.QuerySet["Incident"]:
        return super().get_queryset().filter(number__isnull=False)


class Incident(models.Model):
    class State(models.TextChoices):
        TRIGGERED = "triggered", _("triggered")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        MITIGATED = "mitigated", _("mitigated")
        RESOLVED = "resolved", _("resolved")
        CLOSED = "closed", _("closed")

    class Detection(models.TextChoices):
        ALERT = "alert", _("alert")
        SYNTHETIC = "synthetic", _("synthetic check")
        USER_REPORT = "user_report", _("user report")
        EMPLOYEE = "employee", _("employee")
        ANOMALY = "anomaly", _("anomaly")
        PROACTIVE_TEST = "proactive_test", _("proactive test")

    class Mitigation(models.TextChoices):
        ROLLBACK = "rollback", _("rolled back")
        FIX_FORWARD = "fix_forward", _("fixed forward")
        FEATURE_OFF = "feature_off", _("feature switched off")
        FAILOVER = "failover", _("failed over")
        CAPACITY = "capacity", _("capacity added")
        OTHER = "other", _("other")

    OPEN_STATES = ["triggered", "acknowledged", "mitigated"]

    # Null for the canary's only, which nobody reads: for everybody else it is text.
    number = cast("models.CharField[str, str]", models.CharField(_("number"), max_length=20, unique=True, null=True))
    title = models.CharField(_("title"), max_length=1024)
    service = models.ForeignKey(
        Service, models.PROTECT, db_index=False, related_name="incidents", verbose_name=_("service")
    )
    services = models.ManyToManyField(Service, related_name="+", blank=True, verbose_name=_("services"))
    severity = models.ForeignKey(Severity, models.PROTECT, db_index=False, related_name="+", verbose_name=_("severity"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.TRIGGERED)
    private = models.BooleanField(_("private"), default=False)
    detection = models.CharField(_("detected by"), max_length=16, choices=Detection.choices, default=Detection.ALERT)
    mitigation = models.CharField(_("mitigated by"), max_length=16, choices=Mitigation.choices, blank=True)
    reopen_count = models.PositiveSmallIntegerField(_("reopened"), default=0)
    false_alarm = models.BooleanField(_("false alarm"), default=False)
    merged_into = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="merged",
        verbose_name=_("merged into"),
    )
    previous = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="following",
        verbose_name=_("previous"),
    )

    started_at = models.DateTimeField(_("impact began"))
    detected_at = models.DateTimeField(_("detected"))
    opened_at = models.DateTimeField(_("opened"))
    declared_at = models.DateTimeField(_("declared"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    mitigated_at = models.DateTimeField(_("mitigated"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("acknowledged by"),
    )
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("declared by"),
    )
    # What a postmortem would say, where its severity asks for one sentence only.
    lesson = models.CharField(_("lesson"), max_length=500, blank=True, default="", db_default="")
    # One to one: a finding never opens a second incident, whoever races.
    finding = models.OneToOneField(
        AuditFinding,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="incident",
        verbose_name=_("audit finding"),
    )

    latest_alert_at = models.DateTimeField(_("latest alert"), null=True, blank=True)
    alert_count = models.PositiveIntegerField(_("alerts"), default=0)
    response_due_at = models.DateTimeField(_("response due"), null=True, blank=True)
    # Due times of the engine: paging held until then; acknowledged without a word from a person until then.
    hold_until_at = models.DateTimeField(null=True, blank=True)
    ack_due_at = models.DateTimeField(null=True, blank=True)

    objects = ShownIncidents()
    every = IncidentQuerySet.as_manager()  # the canary's too: for the engine

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-opened_at", "-id"]
        indexes = [
            models.Index(fields=["opened_at", "id"]),
            models.Index(
                fields=["service", "latest_alert_at"],
                name="incident_open",
                condition=Q(state__in=["triggered", "acknowledged", "mitigated"]),
            ),
            # A list in its order, whole and by each filter, so that a page of it costs what it shows.
            models.Index(*LISTED, name="incident_listed"),
            models.Index("service", *LISTED, name="incident_of_service"),
            models.Index("severity", *LISTED, name="incident_of_severity"),
            models.Index("state", *LISTED, name="incident_in_state"),
            models.Index(*LISTED, name="incident_private", condition=Q(private=True)),
            # Few rows have these, and those are all that is looked for.
            models.Index(fields=["merged_into"], name="incident_merged", condition=Q(merged_into__isnull=False)),
            models.Index(fields=["previous"], name="incident_previous", condition=Q(previous__isnull=False)),
            models.Index(
                fields=["acknowledged_by"], name="incident_taken_by", condition=Q(acknowledged_by__isnull=False)
            ),
            models.Index(fields=["declared_by"], name="incident_declared_by", condition=Q(declared_by__isnull=False)),
            models.Index(fields=["hold_until_at"], name="incident_held", condition=Q(hold_until_at__isnull=False)),
            models.Index(fields=["resolved_at"], name="incident_resolved", condition=Q(resolved_at__isnull=False)),
            models.Index(fields=["ack_due_at"], name="incident_ack_due", condition=Q(ack_due_at__isnull=False)),
        ]
        permissions = [
            (
                "respond_incident",
                _("Can respond: acknowledge, note, page, escalate, mitigate, resolve, reopen, dismiss"),
            ),
            ("command_incident", _("Can command: merge, close, assign any role, make private")),
            ("declare_incident", _("Can declare an incident")),
            ("view_private_incident", _("Can see every private incident")),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def subject(self) -> str:
        """What the pages of this incident carry as their opaque subject."""
        return f"incident:{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES


class SeverityChange(models.Model):
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="severity_changes")
    at = models.DateTimeField(_("at"))
    from_severity = models.ForeignKey(Severity, models.PROTECT, null=True, related_name="+", verbose_name=_("from"))
    to_severity = models.ForeignKey(Severity, models.PROTECT, related_name="+", verbose_name=_("to"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("severity change")
        verbose_name_plural = _("severity changes")
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.from_severity_id} → {self.to_severity_id}"


class RoleAssignment(models.Model):
    class Role(models.TextChoices):
        COMMANDER = "commander", _("incident commander")
        COMMUNICATIONS = "communications", _("communications lead")
        OPERATIONS = "operations", _("operations lead")
        SCRIBE = "scribe", _("scribe")

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="roles")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="incident_roles", verbose_name=_("person")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"), null=True, blank=True)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["starts_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "role"], condition=Q(ends_at=None), name="one_holder_per_role")
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.person}"


class Responder(models.Model):
    """Who worked on an incident, or was paged for it; a private incident is shown to them."""

    # As with timeline entries: never deleted, and the constraint's index begins with it.
    incident = models.ForeignKey(
        Incident, models.CASCADE, db_constraint=False, db_index=False, related_name="responders"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="responses", verbose_name=_("person")
    )
    added_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("responder")
        verbose_name_plural = _("responders")
        ordering = ["added_at", "id"]
        constraints = [models.UniqueConstraint(fields=["incident", "person"], name="one_row_per_responder")]

    def __str__(self) -> str:
        return str(self.person)

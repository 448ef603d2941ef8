"""What a postmortem has besides its texts: authors, timeline, whys, factors, attendees, gaps, comments, tags."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from incidents.models import TimelineEntry
from postmortems.models.postmortems import Postmortem


class Named(models.Model):
    """A person by account, or only by the name that somebody wrote."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    name = models.CharField(_("name"), max_length=150, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.person) if self.person else self.name


class Author(Named):
    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="authors")

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ["id"]


class TimelineItem(models.Model):
    """One line of the timeline as its readers shall read it; `entry` is the incident's entry that it rewords."""

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="timeline")
    at = models.DateTimeField(_("at"))
    text = models.TextField(_("text"))
    entry = models.ForeignKey(
        TimelineEntry, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("timeline entry")
    )

    class Meta:
        verbose_name = _("timeline item")
        verbose_name_plural = _("timeline")
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.at:%H:%M} UTC {self.text[:80]}"


class Why(models.Model):
    """One answer to "why?" below the one it explains; a why may have several answers."""

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="whys")
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="deeper", verbose_name=_("explains")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    text = models.TextField(_("because"))
    is_cause = models.BooleanField(_("a cause, not a symptom"), default=False)

    class Meta:
        verbose_name = _("why")
        verbose_name_plural = _("whys")
        ordering = ["position", "id"]
        constraints = [models.CheckConstraint(condition=~Q(parent=F("id")), name="no_why_explains_itself")]

    def __str__(self) -> str:
        return self.text[:80]


class Factor(models.Model):
    class Kind(models.TextChoices):
        PEOPLE = "people", _("people")
        PROCESS = "process", _("process")
        TOOLING = "tooling", _("tooling")

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="factors")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    text = models.TextField(_("text"))
    factor_class = models.CharField(_("class"), max_length=10, choices=Kind.choices, blank=True)
    waiver = models.CharField(_("waiver: nothing is done because"), max_length=500, blank=True)
    waiver_signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("signed by")
    )
    waiver_signer_name = models.CharField(max_length=150, blank=True, default="", db_default="", editable=False)

    class Meta:
        verbose_name = _("contributing factor")
        verbose_name_plural = _("contributing factors")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text[:80]


class Attendee(Named):
    """Somebody proposed for the review; `attended` is empty until it was held."""

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="attendees")
    role = models.CharField(_("why invited"), max_length=150, blank=True)
    attended = models.BooleanField(_("attended"), null=True, blank=True)

    class Meta:
        verbose_name = _("attendee")
        verbose_name_plural = _("attendees")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["postmortem", "person"], condition=Q(person__isnull=False), name="one_seat_per_person"
            )
        ]


class ObservabilityGap(models.Model):
    class Kind(models.TextChoices):
        MISSING_METRIC = "missing_metric", _("missing metric")
        SILENT_FAILURE = "silent_failure", _("silent failure")
        NO_CAUSAL_SIGNAL = "no_causal_signal", _("no causal signal")
        STALE_DASHBOARD = "stale_dashboard", _("stale dashboard")
        ALERT_FATIGUE = "alert_fatigue", _("alert fatigue")

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="gaps")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("observability gap")
        verbose_name_plural = _("observability gaps")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:80]


class Comment(models.Model):
    """What readers say; never changed."""

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="comments")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("who")
    )
    by_name = models.CharField(_("who"), max_length=150)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["at", "id"]
        default_permissions = ["view", "add"]

    def __str__(self) -> str:
        return self.text[:80]


class Tag(models.Model):
    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="tags")
    word = models.CharField(_("tag"), max_length=50, db_index=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["word"]
        constraints = [models.UniqueConstraint(fields=["postmortem", "word"], name="one_tag_once")]

    def __str__(self) -> str:
        return self.word

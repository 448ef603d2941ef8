"""Teams, and addresses that are shared rather than a person's."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from oncall.models.fields import WorkingHoursFields, ZoneField

# A sender's words are filled in behind the host only, and nothing but the web is opened.
on_the_web = RegexValidator(
    r"^https?://[^\s{}/?#]+([/?#]|$)",
    _("Begin with https:// or http:// and a host, as https://tracker.example.org/new."),
)


class Team(WorkingHoursFields):
    """People who answer for services together."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("team lead")
    )
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("team manager"),
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="TeamMember", related_name="teams", verbose_name=_("members")
    )
    timezone = ZoneField(_("time zone"), default="UTC")
    tracker_url = models.CharField(
        _("tracker address"),
        max_length=500,
        blank=True,
        validators=[on_the_web],
        help_text=_(
            "Where a new ticket is opened; {title}, {description} and {link} are filled in, e.g. https://tracker.example.org/new?title={title}"
        ),
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("person")
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_team")]

    def __str__(self) -> str:
        return str(self.user)


class Channel(models.Model):
    """A shared address, such as a team's chat room."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    address = models.CharField(
        _("address"), max_length=1000, help_text=_("An apprise address, or mailto:room@example.org")
    )
    history = HistoricalRecords(excluded_fields=["address"])

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

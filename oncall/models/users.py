"""People: the account and the person on call are one."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from oncall.models.fields import Urgency, WorkingHoursFields, ZoneField


class User(AbstractUser, WorkingHoursFields):
    """Somebody who can sign in and be paged. Inactive people keep their place in rotations and are passed over."""

    first_name: Any = None
    last_name: Any = None
    name = models.CharField(_("name"), max_length=150, blank=True)
    email = models.EmailField(_("email address"))
    timezone = ZoneField(_("time zone"), default="UTC")
    history = HistoricalRecords(excluded_fields=["password", "last_login"])

    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    class Meta(AbstractUser.Meta):
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)


class ContactMethod(models.Model):
    """One address of a person. It counts only once verified: by a code sent to it, or by a configuration file."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("email")
        APPRISE = "apprise", _("other (apprise address)")

    user = models.ForeignKey(User, models.CASCADE, related_name="contact_methods", verbose_name=_("person"))
    slug = models.SlugField(_("short name"), max_length=50)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.EMAIL)
    address = models.CharField(
        _("address"),
        max_length=1000,
        help_text=_("An email address, or an apprise address such as ntfys://… or slack://…"),
    )
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True, editable=False)
    code_digest = models.CharField(max_length=64, blank=True, editable=False)
    code_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    code_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    history = HistoricalRecords(excluded_fields=["address", "code_digest", "code_expires_at", "code_tries"])

    class Meta:
        verbose_name = _("contact method")
        verbose_name_plural = _("contact methods")
        ordering = ["user", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "slug"], name="one_contact_method_per_name")]

    def __str__(self) -> str:
        return f"{self.user}: {self.slug}"


class NotificationRule(models.Model):
    """How one person wants to hear of pages: this address, so many minutes after the step that paged them."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notification_rules", verbose_name=_("person"))
    urgency = models.CharField(_("urgency"), max_length=4, choices=Urgency.choices, default=Urgency.HIGH)
    contact_method = models.ForeignKey(
        ContactMethod, models.CASCADE, related_name="rules", verbose_name=_("contact method")
    )
    delay_minutes = models.PositiveSmallIntegerField(_("delay (minutes)"), default=0)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("notification rule")
        verbose_name_plural = _("notification rules")
        ordering = ["user", "urgency", "delay_minutes", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "urgency", "contact_method", "delay_minutes"], name="one_rule_per_delay"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.urgency} {self.contact_method.slug} +{self.delay_minutes}"


class Leave(models.Model):
    """Time off: [starts, ends). Whoever is next in the rotation stands in for exactly these hours."""

    user = models.ForeignKey(User, models.CASCADE, related_name="leave", verbose_name=_("person"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("leave")
        verbose_name_plural = _("leave")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="leave_ends_after_start")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.starts_at:%Y-%m-%d %H:%M} – {self.ends_at:%Y-%m-%d %H:%M} UTC"

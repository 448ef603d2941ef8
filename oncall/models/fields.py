"""Fields that several models share: zones, working hours, urgency."""

import zoneinfo

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Urgency(models.TextChoices):
    HIGH = "high", _("high")
    LOW = "low", _("low")


def validate_zone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA zone of the pinned database."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError, IsADirectoryError) as error:
        raise ValidationError(
            _("%(name)s is not a time zone; write one such as Europe/Lisbon."), params={"name": name}
        ) from error


def validate_days(days: object) -> None:
    """Raise ValidationError unless `days` is a list of mon … sun without repeats."""
    if not isinstance(days, list) or len(set(map(str, days))) != len(days) or any(day not in DAYS for day in days):
        raise ValidationError(_("Write a list of days: mon, tue, wed, thu, fri, sat, sun."))


class ZoneField(models.CharField):  # type: ignore[type-arg]
    """An IANA zone's name."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("max_length", 64)
        kwargs.setdefault("validators", [validate_zone])
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]


class WorkingHoursFields(models.Model):
    """Days and wall-clock hours in the owner's zone; without days or hours there are none."""

    working_days = models.JSONField(_("working days"), default=list, blank=True, validators=[validate_days])
    works_from = models.TimeField(_("works from"), null=True, blank=True)
    works_to = models.TimeField(_("works to"), null=True, blank=True)
    holidays = models.CharField(
        _("holidays"),
        max_length=8,
        blank=True,
        help_text=_("Country (and subdivision) whose public holidays count, e.g. PT or US-CA."),
    )

    class Meta:
        abstract = True

"""Fields that several models share: zones, working hours, urgency, notices."""

import zoneinfo
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from oncall.logic.handoffs import LONGEST_NOTICE, MAX_NOTICES

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


NOTICES = "1440, 60, 0"


def minutes_of(text: str) -> list[int]:
    """ "1440, 60, 0" as numbers, the longest first, each once. Raises ValueError."""
    numbers = [part.strip() for part in text.split(",") if part.strip()]
    if any(not (number.isascii() and number.isdigit() and len(number) < 7) for number in numbers):
        raise ValueError(text)
    return sorted({int(number) for number in numbers}, reverse=True)


def notices_text(minutes: Iterable[int]) -> str:
    """The numbers as they are stored."""
    return ", ".join(str(number) for number in sorted(set(minutes), reverse=True))


def validate_notices(text: str) -> None:
    """Raise ValidationError unless `text` is a few numbers of minutes."""
    try:
        minutes = minutes_of(text)
    except ValueError:
        minutes = [LONGEST_NOTICE + 1]
    if len(minutes) > MAX_NOTICES or any(number > LONGEST_NOTICE for number in minutes):
        raise ValidationError(
            _("Write at most %(count)d numbers of minutes, none above %(most)d, such as %(example)s."),
            params={"count": MAX_NOTICES, "most": LONGEST_NOTICE, "example": NOTICES},
        )


class NoticesField(models.CharField):  # type: ignore[type-arg]
    """Minutes before a handoff, as people write them: "1440, 60, 0"."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("max_length", 60)
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", NOTICES)
        kwargs.setdefault("db_default", NOTICES)
        kwargs.setdefault("validators", [validate_notices])
        kwargs.setdefault(
            "help_text",
            _("When those who hand over and take over are told: 1440 is a day before, 0 the moment itself."),
        )
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

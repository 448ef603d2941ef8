"""Kinds of values that fields of documents hold: names, slugs, instants, wall-clock times, zones, addresses."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time
from typing import Annotated, Any, Final, Literal, Self

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from pydantic import BeforeValidator, Field, StringConstraints, model_validator
from pydantic.functional_validators import AfterValidator

from oncall import outbound
from oncall.documents.problems import Path
from oncall.documents.shapes import Shape
from oncall.logic import addresses
from oncall.logic.rotation import FIRST, LAST
from oncall.models.fields import DAYS, validate_zone

_INSTANT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.]\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)  # RFC 3339, the seconds optional
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", re.ASCII)
_BIDI: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # they reorder what stands around them
_USERNAME: Final = re.compile(r"[\w.@+-]+")
_SLUG: Final = re.compile(r"[-A-Za-z0-9_]+", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,4})?", re.ASCII)


def _harmless(text: str) -> str:
    if any(unicodedata.category(c) in {"Cc", "Cs"} or c in _BIDI for c in text):
        raise ValueError(_("take out the control characters"))
    return text


def _harmless_lines(text: str) -> str:
    _harmless(text.replace("\n", "").replace("\t", ""))
    return text


def _empty(value: Any) -> Any:
    return "" if value is None else value


def _instant(value: Any) -> datetime:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        if isinstance(value, str) and _INSTANT.fullmatch(f"{value}Z"):
            raise ValueError(_("an instant needs its offset, such as Z or -06:00 at its end"))
        raise ValueError(_("write an instant with its offset, such as 2026-01-05T10:00:00-06:00"))
    try:
        instant = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(_("there is no such day or time")) from None
    if not FIRST <= instant < LAST:
        raise ValueError(_("write a year from 1900 to 2199"))
    return instant


def _clock(value: Any) -> time:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise ValueError(_('write a time of day in quotes, such as "09:00"'))
    return time.fromisoformat(value)


def _zone(name: str) -> str:
    try:
        validate_zone(name)
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from None
    return name


def _country(text: str) -> str:
    if text and not _COUNTRY.fullmatch(text):
        raise ValueError(_("write a country, or country and subdivision, such as PT or US-CA"))
    return text


def _email(text: str) -> str:
    try:
        return addresses.email(text)
    except addresses.AddressError as error:
        raise ValueError(str(error)) from None


def _matching(pattern: re.Pattern[str], what: str) -> AfterValidator:
    def judged(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(_("write only %s") % what)
        return text

    return AfterValidator(judged)


def address_problem(kind: str, address: str) -> str:
    """Why a message cannot be sent to this address, in words; nothing where it can. Looks nothing up."""
    try:
        if kind == "email":
            addresses.email(address)
        elif kind == "channel" and "://" not in address:
            addresses.email(address.removeprefix("mailto:"))
        else:
            outbound.check_literal(address)
    except (addresses.AddressError, outbound.OutboundRefused) as error:
        return str(error)
    return ""


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_harmless)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_harmless)]
#: Text of one line that may be empty; null is empty.
Line = Annotated[str, BeforeValidator(_empty), StringConstraints(max_length=200), AfterValidator(_harmless)]
Prose = Annotated[str, BeforeValidator(_empty), StringConstraints(max_length=10_000), AfterValidator(_harmless_lines)]
Slug = Annotated[str, StringConstraints(max_length=100), _matching(_SLUG, "a–z, A–Z, 0–9, - and _")]
ShortSlug = Annotated[str, StringConstraints(max_length=50), _matching(_SLUG, "a–z, A–Z, 0–9, - and _")]
Username = Annotated[str, StringConstraints(max_length=150), _matching(_USERNAME, "letters, digits and @ . + - _")]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Clock = Annotated[time, BeforeValidator(_clock)]
Zone = Annotated[str, AfterValidator(_zone)]
Country = Annotated[str, BeforeValidator(_empty), AfterValidator(_country)]
Email = Annotated[str, AfterValidator(_email)]
Address = Annotated[str, StringConstraints(min_length=1, max_length=addresses.MAX_LENGTH)]
Small = Annotated[int, Field(ge=0, le=32_767)]
Minutes = Annotated[int, Field(ge=1, le=2_147_483_647)]
Level = Literal["SEV-1", "SEV-2", "SEV-3", "SEV-4"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
UrgencyWord = Literal["high", "low"]


def _days(days: list[str]) -> list[str]:
    once(days)
    return [day for day in DAYS if day in days]


def once(items: list[Any]) -> list[Any]:
    """The list, as it is; ValueError where something stands in it twice."""
    seen: list[Any] = []
    for item in items:
        if item in seen:
            raise ValueError(_("%s stands here twice") % (item,))
        seen.append(item)
    return items


class Hours(Shape):
    """Days, and wall-clock times in the owner's zone."""

    days: Annotated[list[Day], Field(min_length=1), AfterValidator(_days)]
    from_: Clock = Field(alias="from")
    to: Clock


class Span(Shape):
    """Half-open."""

    from_: Instant = Field(alias="from")
    to: Instant
    reason: Line = ""

    def faults(self) -> Iterator[tuple[Path, str]]:
        if self.to <= self.from_:
            yield ("to",), _("this is not after from")


def faults_within(field: str, items: Iterable[Shape]) -> Iterator[tuple[Path, str]]:
    """The faults of a list's items, each with its place in the list."""
    for index, item in enumerate(items):
        for path, message in item.faults():
            yield (field, index, *path), message


def twice(field: str, names: Iterable[str], key: str) -> Iterator[tuple[Path, str]]:
    """A fault for each item of a list whose `key` an earlier one has."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield (field, index, key), _("%s stands here twice") % name
        seen.add(name)


class Named(Shape):
    """An object with a name, found by its slug."""

    name: Name
    slug: Slug = ""

    @property
    def identity(self) -> str:
        return self.slug or slugify(self.name)[:100]

    @model_validator(mode="after")
    def _findable(self) -> Self:
        if not self.identity:
            raise ValueError(_("write a slug; none can be made of this name"))
        return self

    def given(self) -> dict[str, Any]:
        return {**super().given(), "slug": self.identity}

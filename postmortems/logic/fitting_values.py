"""Single values of a document as the tables hold them; what they do not hold is listed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

from postmortems.logic.amounts import YEARS
from postmortems.logic.document import Person
from postmortems.logic.reading import NOT_READABLE, Leftovers, one_line
from postmortems.logic.wording import gettext_noop

TITLE, TEXT, SHORT_TEXT, REASON, NAME, TAG = 1_000, 100_000, 10_000, 500, 150, 50
ROWS: Final = 500
ACTIONS: Final = 200
DEEPEST: Final = 50
COUNT: Final = 10**15
TICKETS: Final = 2**31 - 1
AMOUNT: Final = Decimal(10) ** 13
PERCENT: Final = Decimal(10) ** 5
CENT: Final = Decimal("0.01")
LONGEST: Final = timedelta(days=3_660)

TOO_LONG: Final = gettext_noop("It is too long; the end of it is not kept.")
TOO_MANY: Final = gettext_noop("There are too many; the first ones are kept.")
TOO_BIG: Final = gettext_noop("No such amount can be kept.")
NO_SERVICE: Final = gettext_noop("There is no service of this name here.")
ONE_SERVICE: Final = gettext_noop("A postmortem has one service; the first one that is known is kept.")
NO_LEVEL: Final = gettext_noop("There is no such severity here.")
NO_FACTOR: Final = gettext_noop("No factor has this key.")
NO_LINK: Final = gettext_noop("It is no address that begins with https:// or http://.")
TWICE: Final = gettext_noop("It is there already.")
NO_REASON: Final = gettext_noop("A waiver needs a reason.")
NOT_YET: Final = gettext_noop("That is still to come.")
NOTHING_SAID: Final = gettext_noop("There is no text in it.")
OTHER_ENTRY: Final = gettext_noop(
    "Its links to the entries of an incident's timeline are not kept: it comes without one."
)

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Known:
    """What there is here: levels, services (casefolded name or slug → name), display names by username."""

    levels: frozenset[str] = frozenset()
    services: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)


def changed(value: Value, change: Callable[[str], str]) -> Value:
    """The same values with every text in them changed."""
    made: Any = value
    if type(made) is str:  # not the words of an enumeration
        made = change(made)
    elif isinstance(value, tuple):
        made = tuple(changed(each, change) for each in value)
    elif is_dataclass(value) and not isinstance(value, type):
        made = replace(value, **{each.name: changed(getattr(value, each.name), change) for each in fields(value)})
    return made  # type: ignore[no-any-return]


class Values(Leftovers):
    """Judges values against what is known here, at this instant."""

    def __init__(self, known: Known, now: datetime) -> None:
        super().__init__()
        self.known, self.now = known, now

    def rows(self, where: str, rows: Sequence[Value], most: int = ROWS) -> Sequence[Value]:
        if len(rows) > most:
            for row in rows[most:]:
                self.leave(where, None, str(getattr(row, "text", row))[:200], TOO_MANY)
        return rows[:most]

    def text(self, where: str, text: str, most: int = TEXT) -> str:
        text = text.strip()
        if len(text) > most:
            self.leave(where, None, text[most : most + 500], TOO_LONG)
        return text[:most].strip()

    def line(self, where: str, text: str, most: int) -> str:
        return self.text(where, one_line(text), most)

    def day(self, where: str, day: date | None) -> date | None:
        if day is not None and day.year not in YEARS:
            self.leave(where, None, day.isoformat(), NOT_READABLE)
            return None
        return day

    def at(self, where: str, at: datetime | None) -> datetime | None:
        if at is not None and at.year not in YEARS:
            self.leave(where, None, at.isoformat(), NOT_READABLE)
            return None
        return at

    def level(self, where: str, level: str) -> str:
        if level and level not in self.known.levels:
            self.leave(where, None, level[:100], NO_LEVEL)
            return ""
        return level

    def duration(self, span: timedelta | None) -> timedelta | None:
        if span is not None and not timedelta() <= span <= LONGEST:
            self.leave("stated_duration", None, str(span), NOT_READABLE)
            return None
        return span

    def person(self, where: str, person: Person | None) -> Person | None:
        """Who is an account is called as there; nobody at all is None."""
        if person is None:
            return None
        if person.username:
            return Person(self.known.people.get(person.username, person.username), person.username)
        name = self.line(where, person.name, NAME)
        return Person(name) if name else None

    def count(self, where: str, number: int | None, most: int = COUNT) -> int | None:
        if number is not None and not 0 <= number <= most:
            self.leave(where, None, str(number)[:200], TOO_BIG)
            return None
        return number

    def percent(self, percent: Decimal | None) -> Decimal | None:
        if percent is not None and not 0 <= percent < PERCENT:
            self.leave("impact.error_budget_percent", None, str(percent)[:200], TOO_BIG)
            return None
        return None if percent is None else plain_amount(percent.quantize(CENT))

    def link(self, where: str, link: str) -> str:
        link = link.strip()
        scheme, _, rest = link.partition("://")
        good = scheme.casefold() in {"http", "https"} and rest and not set(' \n\t<>"') & set(rest)
        if link and (not good or len(link) > REASON):
            self.leave(where, None, link[:500], NO_LINK if not good else TOO_LONG)
            return ""
        return link


def plain_amount(amount: Decimal) -> Decimal:
    """Without the cents where there are none: 45000, 45000.50."""
    whole = amount.to_integral_value()
    return whole if amount == whole else amount

"""Numbers, money and times as people write them, read and written; what cannot be read is None, never a guess."""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

YEARS: Final = range(1900, 2200)
_NUMBER: Final = r"\d{1,3}(?:[ ,.'’\u00a0]\d{3})+|\d{1,15}"
_COUNT: Final = re.compile(rf"(?:about |~|≈)?({_NUMBER})", re.ASCII)
_PERCENT: Final = re.compile(
    r"(\d{1,6}(?:[.,]\d{1,6})?)\s*(?:%|percent|per cent)?(?:\s+(?:of|consumed).{0,40})?", re.I | re.ASCII
)
_SYMBOLS: Final = {"$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "R$": "BRL", "₹": "INR"}
_SYMBOL: Final = "|".join(re.escape(each) for each in sorted(_SYMBOLS, key=len, reverse=True))
_SUM: Final = (
    r"(?P<amount>\d{1,3}(?:[,' ’]\d{3})+(?:\.\d{1,2})?|\d{1,3}(?:\.\d{3})+|\d{1,15}(?:[.,]\d{1,2})?)"
    r"\s?(?P<times>[kKmM])?"
)
_MONEY: Final = (
    re.compile(rf"(?:(?P<symbol>{_SYMBOL})|(?P<code>[A-Z]{{3}}))\s?{_SUM}", re.ASCII),
    re.compile(rf"{_SUM}\s?(?:(?P<symbol>{_SYMBOL})|(?P<code>[A-Z]{{3}}))", re.ASCII),
)
_TIMES: Final = {"": 1, "k": 1_000, "m": 1_000_000}
_DURATION: Final = re.compile(
    r"(?:(?P<days>\d{1,4})\s*d(?:ays?)?)?[\s,]*(?:and\s+)?(?:(?P<hours>\d{1,5})\s*h(?:(?:ou)?rs?)?)?[\s,]*(?:and\s+)?"
    r"(?:(?P<minutes>\d{1,6})\s*m(?:in(?:ute)?s?)?\.?)?[\s,]*(?:and\s+)?(?:(?P<seconds>\d{1,8})\s*s(?:ec(?:ond)?s?)?)?",
    re.IGNORECASE | re.ASCII,
)
_CLOCK: Final = re.compile(
    r"(?:(?P<date>\d{4}-\d{2}-\d{2})[T ]\s*)?(?P<time>\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)"
    r"(?:\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[A-Z]?[ECMPWBIJ][DSE]?[ES]?T))?(?=\W|$)",
    re.ASCII,
)


def count_of(text: str) -> int | None:
    """12,500 or 12500 as a number."""
    found = _COUNT.fullmatch(text.strip())
    return int(re.sub(r"\D", "", found[1])) if found else None


def percent_of(text: str) -> Decimal | None:
    """35, 35% and 35 percent as 35."""
    found = _PERCENT.fullmatch(text.strip())
    return Decimal(found[1].replace(",", ".")) if found else None


def money_of(text: str) -> tuple[Decimal, str] | None:
    """$45,000 as (45000, USD): amount and ISO 4217 code; none without a currency. $ alone is taken for USD."""
    for pattern in _MONEY:
        if found := pattern.fullmatch(text.strip()):
            amount = found["amount"]
            if re.fullmatch(r"\d{1,3}(\.\d{3})+", amount):
                amount = amount.replace(".", "")
            elif re.fullmatch(r"\d+,\d{1,2}", amount):
                amount = amount.replace(",", ".")
            plain = Decimal(re.sub(r"[,' ’]", "", amount))
            return plain * _TIMES[(found["times"] or "").lower()], found["code"] or _SYMBOLS[found["symbol"]]
    return None


def duration_of(text: str) -> timedelta | None:
    """47 minutes, 1 h 20 min, 2 hours and 5 minutes; a bare number is minutes."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 7:
        return timedelta(minutes=int(text))
    found = _DURATION.fullmatch(text)
    parts = {name: int(value) for name, value in found.groupdict().items() if value} if found else {}
    return timedelta(**parts) if parts else None


def written_duration(span: timedelta) -> str:
    """A duration as `duration_of` reads it: 47 minutes. Part seconds are left out."""
    seconds = int(span.total_seconds())
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} minutes" + (f" {rest} seconds" if rest else "")


def date_of(text: str) -> date | None:
    """An ISO date of these centuries: days are counted on from it, and back."""
    try:
        found = date.fromisoformat(text.strip()) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip(), re.ASCII) else None
    except ValueError:
        return None
    return found if found and found.year in YEARS else None


class Clock:
    """A time of day as written, with its date where it has one; `zone_said` where it names UTC or an offset."""

    def __init__(self, on: date | None, at: time, offset: timedelta | None) -> None:
        self.on, self.at, self.offset = on, at, offset
        self.zone_said = offset is not None

    def instant(self, day: date) -> datetime | None:
        """The UTC instant; `day` where no date is written, UTC where no zone is. None beyond the calendar."""
        try:
            return datetime.combine(self.on or day, self.at, UTC) - (self.offset or timedelta())
        except OverflowError:
            return None


def clock_at(text: str) -> tuple[Clock, str] | None:
    """The time that the text begins with, and the rest; None for none, and for zones that are no offsets:
    their letters (IST, CST) mean several things."""
    found = _CLOCK.match(text)
    if found is None:
        return None
    offset = _offset(found["zone"])
    try:
        written = found["time"].zfill(5) if found["time"].count(":") == 1 else found["time"].rjust(8, "0")
        at = time.fromisoformat(written if "." not in written else _six(found["time"]))
    except ValueError:
        return None
    on = date_of(found["date"]) if found["date"] else None
    if (found["zone"] and offset is None) or (found["date"] and on is None):
        return None
    return Clock(on, at, offset), text[found.end() :]


def written_instant(at: datetime) -> str:
    """An instant as `clock_at` reads it: 2026-02-15 14:02, in UTC, with as many seconds as it has."""
    at = at.astimezone(UTC).replace(tzinfo=None)
    detail = "microseconds" if at.microsecond else "seconds" if at.second else "minutes"
    return at.isoformat(" ", detail)


def _six(text: str) -> str:
    """With six places behind the point."""
    clock, part = text.split(".")
    return f"{clock.rjust(8, '0')}.{part.ljust(6, '0')}"


def _offset(zone: str | None) -> timedelta | None:
    if zone is None:
        return None
    if zone in {"Z", "UTC", "GMT"}:
        return timedelta()
    found = re.fullmatch(r"([+-])(\d{2}):?(\d{2})", zone, re.ASCII)
    if not found:
        return None
    span = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -span if found[1] == "-" else span

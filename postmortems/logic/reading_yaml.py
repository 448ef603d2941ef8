"""The YAML shape of a postmortem that teams already have, from plain values as `oncall.documents.parse` gives."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Final, TypeVar

from postmortems.logic.amounts import clock_at, count_of, date_of, duration_of, money_of, percent_of
from postmortems.logic.document import (
    PRIORITIES,
    Action,
    Document,
    FiveWhys,
    Impact,
    Person,
    RootCause,
    TimelineItem,
    Why,
)
from postmortems.logic.reading import (
    KEPT_AS_TEXT,
    NO_DATE,
    NOT_KNOWN,
    NOT_READABLE,
    Days,
    Leftovers,
    NotAPostmortem,
    Reading,
    concluded,
    numbered,
    one_line,
)
from postmortems.logic.severity_words import level_in

Path = tuple[str | int, ...]
Read = TypeVar("Read")
NOTHING: Final[tuple[Any, ...]] = (None, "", [], {})


def read(value: Any, lines: Mapping[Path, int] | None = None) -> Reading:
    """A file's value as a document. `lines` are the lines of its places, counted from 1.

    Raises NotAPostmortem where there is no mapping `postmortem`; everything else that is not as expected is listed.
    """
    body = value.get("postmortem") if isinstance(value, Mapping) else None
    if not isinstance(body, Mapping):
        raise NotAPostmortem("The file begins with “postmortem:” and its fields.")
    reader = _Reader(lines or {})
    reader.rest((), {key: value[key] for key in value if key != "postmortem"})
    document = reader.document(_Mapping(("postmortem",), body, reader))
    return reader.reading(concluded(document, reader))


class _Mapping:
    """A mapping whose fields are taken one by one; `done` leaves the others."""

    def __init__(self, path: Path, body: Mapping[Any, Any], reader: "_Reader") -> None:
        self.path, self._body, self._reader = path, dict(body), reader

    def take(self, *names: str) -> tuple[Path, Any]:
        """The place and value of the first of these names that is there; of a name that is not, None."""
        name = next((name for name in names if name in self._body), names[0])
        return (*self.path, name), self._body.pop(name, None)

    def done(self) -> None:
        self._reader.rest(self.path, self._body)


class _Reader(Leftovers):
    """Reads each field as what belongs there, and leaves what is not that."""

    def __init__(self, lines: Mapping[Path, int]) -> None:
        super().__init__()
        self._lines = lines

    def document(self, body: _Mapping) -> Document:
        day = self._parsed(body.take("date"), date_of)
        document = Document(
            title=one_line(self._text(body.take("title"))),
            happened_on=day,
            severity=self._parsed(body.take("severity"), level_in) or "",
            stated_duration=self._parsed(body.take("duration"), duration_of),
            authors=tuple(Person(name) for name in self._texts(body.take("authors"))),
            summary=self._prose(body.take("summary")),
            impact=self._impact(body.take("impact")),
            timeline=self._timeline(body.take("timeline"), day),
            detection=self._prose(body.take("detection")),
            root_cause=RootCause(self._prose(body.take("root_cause"))),
            five_whys=FiveWhys(whys=_chain(self._texts(body.take("five_whys")))),
            factors=numbered(self._texts(body.take("contributing_factors"))),
            went_well=self._prose(body.take("went_well", "what_went_well")),
            went_poorly=self._prose(body.take("went_poorly", "what_went_poorly", "what_went_wrong")),
            got_lucky=self._prose(body.take("got_lucky", "where_we_got_lucky")),
            lessons=self._prose(body.take("lessons", "lessons_learned")),
            actions=tuple(self._actions(body.take("action_items"))),
        )
        body.done()
        return document

    def rest(self, path: Path, fields: Mapping[Any, Any]) -> None:
        """Fields that nobody took."""
        for name, value in fields.items():
            self._leave((*path, name), value)

    def _leave(self, path: Path, value: Any, reason: str = NOT_KNOWN) -> None:
        self.leave(_written(path), self._line(path), _shown(value), reason)

    def _line(self, path: Path) -> int | None:
        return self._lines.get(path)

    def _text(self, field: tuple[Path, Any]) -> str:
        path, value = field
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value).strip()
        if value not in NOTHING:
            self._leave(path, value, NOT_READABLE)
        return ""

    def _parsed(self, field: tuple[Path, Any], parse: Callable[[str], Read | None]) -> Read | None:
        text = self._text(field)
        found = parse(text) if text else None
        if text and not found and found != 0:
            self._leave(*field, NOT_READABLE)
        return found

    def _list(self, field: tuple[Path, Any]) -> Iterator[tuple[Path, Any]]:
        """The items of a list; what stands alone is a list of one."""
        path, value = field
        if isinstance(value, list):
            yield from (((*path, index), item) for index, item in enumerate(value))
        elif value not in NOTHING:
            yield path, value

    def _texts(self, field: tuple[Path, Any]) -> list[str]:
        return [text for item in self._list(field) if (text := self._text(item))]

    def _prose(self, field: tuple[Path, Any]) -> str:
        """A text; a list of texts becomes a Markdown list."""
        texts = self._texts(field)
        return "\n".join(f"- {one_line(text)}" for text in texts) if isinstance(field[1], list) else "".join(texts)

    def _impact(self, field: tuple[Path, Any]) -> Impact:
        path, value = field
        if not isinstance(value, Mapping):
            return Impact(text=self._prose(field))
        body = _Mapping(path, value, self)
        words: list[str] = []
        users = self._amount(body.take("users_affected"), count_of, "Users affected", words)
        money = self._amount(body.take("revenue_impact"), money_of, "Revenue impact", words)
        budget = self._amount(body.take("error_budget_consumed"), percent_of, "Error budget consumed", words)
        failed = self._amount(body.take("failed_requests"), count_of, "Failed requests", words)
        tickets = self._amount(body.take("support_tickets"), count_of, "Support tickets", words)
        words += self._texts(body.take("description", "text"))
        body.done()
        amount, currency = money or (None, "")
        return Impact(users, amount, currency, budget, failed, tickets, "\n".join(words))

    def _amount(
        self, field: tuple[Path, Any], parse: Callable[[str], Read | None], label: str, words: list[str]
    ) -> Read | None:
        """An amount; one that is none is kept in words."""
        text = self._text(field)
        found = parse(text) if text else None
        if text and found is None:
            words.append(f"{label}: {one_line(text)}")
            self.note(_written(field[0]), KEPT_AS_TEXT)
        return found

    def _timeline(self, field: tuple[Path, Any], day: date | None) -> tuple[TimelineItem, ...]:
        items, days = [], None if day is None else Days(day)
        for path, value in self._list(field):
            if not isinstance(value, Mapping):
                self._leave(path, value, NOT_READABLE)
                continue
            body = _Mapping(path, value, self)
            said, event = self._text(body.take("time")), self._text(body.take("event"))
            body.done()
            clock = clock_at(said)
            at = days.instant(clock[0]) if clock and days and not clock[1].strip() else None
            if at is None or not event:
                reason = NO_DATE if clock and days is None else NOT_READABLE
                self._leave(path, f"{said} {event}".strip(), reason)
                continue
            items.append(TimelineItem(at, event))
        return tuple(items)

    def _actions(self, field: tuple[Path, Any]) -> Iterator[Action]:
        for path, value in self._list(field):
            if isinstance(value, str):
                yield Action(one_line(value))
                continue
            if not isinstance(value, Mapping):
                self._leave(path, value, NOT_READABLE)
                continue
            body = _Mapping(path, value, self)
            owner = one_line(self._text(body.take("owner")))
            yield Action(
                description=one_line(self._text(body.take("description"))),
                owner=Person(owner) if owner else None,
                priority=self._parsed(body.take("priority"), priority_of) or "",
                due_on=self._parsed(body.take("due_date", "due"), date_of),
                link=self._text(body.take("link", "ticket")),
            )
            body.done()


def priority_of(text: str) -> str | None:
    """P1 to P4, in any case."""
    word = text.strip().upper()
    return word if word in PRIORITIES else None


def _chain(texts: list[str]) -> tuple[Why, ...]:
    """Answers one below the other; the last one is a cause."""
    whys: tuple[Why, ...] = ()
    for text in reversed(texts):
        whys = (Why(one_line(text), is_cause=not whys, deeper=whys),)
    return whys


def _written(path: Path) -> str:
    """A place as people read it: postmortem.authors[0]."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _shown(value: Any) -> str:
    """A value on one line, as it can be shown in a list of leftovers."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_shown(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(_shown(part) for part in value)
    return one_line(str(value))

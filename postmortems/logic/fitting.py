"""What the tables hold of a document that was read, in their own order; whatever they do not hold is listed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from postmortems.logic import fitting_values as values
from postmortems.logic.document import (
    INSTANTS,
    PRIORITIES,
    ROOT_CAUSE,
    Action,
    Attendee,
    Document,
    Factor,
    Impact,
    Person,
    Review,
    TimelineItem,
    Waiver,
    Why,
)
from postmortems.logic.fitting_values import Known, Values, changed, plain_amount
from postmortems.logic.reading import NOT_READABLE, Unplaced, one_line

__all__ = ["Known", "changed", "fitted"]


def fitted(document: Document, known: Known, now: datetime) -> tuple[Document, tuple[Unplaced, ...]]:
    """The document as the tables give it back, and what they cannot hold, in its order."""
    fit = _Fitting(known, now)
    made = fit.document(document)
    return made, tuple(fit.unplaced)


class _Fitting(Values):
    """List by list, and what holds them together: keys of factors, seats, one service."""

    def document(self, it: Document) -> Document:
        factors = tuple(self._factors(it.factors))
        keys = {old.key: new.key for old, new in zip(it.factors, factors, strict=False)}
        texts = ("summary", "detection", "went_well", "went_poorly", "got_lucky", "lessons")
        whys = self._whys("five_whys", it.five_whys.whys, 1, [values.ROWS])
        return replace(
            it,
            title=self.line("title", it.title, values.TITLE),
            severity=self.level("severity", it.severity),
            assessed=self.level("assessed", it.assessed),
            stated_duration=self.duration(it.stated_duration),
            happened_on=self.day("happened_on", it.happened_on),
            instants=replace(it.instants, **{n: self.at(f"instants.{n}", getattr(it.instants, n)) for n in INSTANTS}),
            authors=tuple(self._people("authors", it.authors)),
            services=self._services(it.services),
            tags=self._tags(it.tags),
            impact=self._impact(it.impact),
            timeline=self._timeline(it.timeline),
            root_cause=replace(
                it.root_cause,
                text=self.text("root_cause", it.root_cause.text),
                waiver=self._waiver("root_cause.waiver", it.root_cause.waiver),
            ),
            five_whys=replace(it.five_whys, symptom=self.text("symptom", it.five_whys.symptom), whys=whys),
            factors=factors,
            gaps=tuple(replace(each, text=self.text("gaps", each.text)) for each in self.rows("gaps", it.gaps)),
            actions=tuple(self._actions(it.actions, keys)),
            attendees=tuple(self._attendees(it.attendees)),
            review=self._review(it.review),
            **{name: self.text(name, getattr(it, name)) for name in texts},
        )

    def _people(self, where: str, people: Sequence[Person]) -> Iterable[Person]:
        for index, person in enumerate(self.rows(where, people)):
            found = self.person(f"{where}[{index}]", person)
            if found:
                yield found

    def _services(self, names: Sequence[str]) -> tuple[str, ...]:
        found: list[str] = []
        for index, name in enumerate(self.rows("services", names)):
            here = self.known.services.get(one_line(name).casefold())
            if here is None or (found and here != found[0]):
                self.leave(f"services[{index}]", None, name[:200], values.ONE_SERVICE if here else values.NO_SERVICE)
            elif not found:
                found.append(here)
        return tuple(found)

    def _tags(self, words: Sequence[str]) -> tuple[str, ...]:
        lines = (self.line(f"tags[{index}]", word, values.TAG) for index, word in enumerate(self.rows("tags", words)))
        return tuple(sorted({word for word in lines if word}))

    def _impact(self, it: Impact) -> Impact:
        amount, currency = it.revenue_amount, it.revenue_currency.strip().upper()
        if amount is not None and (not 0 <= amount < values.AMOUNT or len(currency) != 3 or not currency.isalpha()):
            self.leave("impact.revenue", None, f"{currency} {amount}".strip()[:200], values.TOO_BIG)
            amount = None
        return Impact(
            users_affected=self.count("impact.users_affected", it.users_affected),
            revenue_amount=None if amount is None else plain_amount(amount.quantize(values.CENT)),
            revenue_currency="" if amount is None else currency,
            error_budget_percent=self.percent(it.error_budget_percent),
            failed_requests=self.count("impact.failed_requests", it.failed_requests),
            support_tickets=self.count("impact.support_tickets", it.support_tickets, values.TICKETS),
            text=self.text("impact", it.text),
        )

    def _timeline(self, items: Sequence[TimelineItem]) -> tuple[TimelineItem, ...]:
        made: list[TimelineItem] = []
        if any(item.entry is not None for item in items):
            self.leave("timeline", None, ", ".join(f"#{i.entry}" for i in items if i.entry)[:200], values.OTHER_ENTRY)
        for index, item in enumerate(self.rows("timeline", items)):
            text, at = self.text(f"timeline[{index}]", item.text), self.at(f"timeline[{index}]", item.at)
            if at is not None:
                made.append(TimelineItem(at, text))
        return tuple(sorted(made, key=lambda item: item.at))

    def _waiver(self, where: str, waiver: Waiver | None) -> Waiver | None:
        if waiver is None:
            return None
        reason, signer = self.text(where, waiver.reason, values.REASON), self.person(where, waiver.signer)
        if not reason and signer:
            self.leave(f"{where}.signer", None, signer.name, values.NO_REASON)
        return Waiver(reason, signer) if reason else None

    def _whys(self, where: str, whys: Sequence[Why], depth: int, room: list[int]) -> tuple[Why, ...]:
        """At most as many as there is room for, and no deeper than anybody asks."""
        made: list[Why] = []
        for index, why in enumerate(whys):
            place = f"{where}[{index}]"
            if depth > values.DEEPEST or not room[0]:
                self.leave(place, None, why.text[:200], values.TOO_MANY)
                continue
            room[0] -= 1
            text = self.line(place, why.text, values.SHORT_TEXT)
            made.append(Why(text, why.is_cause, self._whys(place, why.deeper, depth + 1, room)))
        return tuple(made)

    def _factors(self, factors: Sequence[Factor]) -> Iterable[Factor]:
        for index, factor in enumerate(self.rows("contributing_factors", factors)):
            where = f"contributing_factors[{index}]"
            waiver = self._waiver(f"{where}.waiver", factor.waiver)
            yield Factor(f"F{index + 1}", self.text(where, factor.text, values.SHORT_TEXT), factor.factor_class, waiver)

    def _actions(self, actions: Sequence[Action], keys: Mapping[str, str]) -> Iterable[Action]:
        for index, action in enumerate(self.rows("action_items", actions, values.ACTIONS)):
            where = f"action_items[{index}]"
            yield replace(
                action,
                description=self.text(f"{where}.description", action.description, values.SHORT_TEXT),
                owner=self.person(f"{where}.owner", action.owner),
                priority=self._priority(f"{where}.priority", action.priority),
                due_on=self.day(f"{where}.due_on", action.due_on),
                addresses=self._addresses(f"{where}.addresses", action.addresses, keys),
                link=self.link(f"{where}.link", action.link),
                evidence=self.text(f"{where}.evidence", action.evidence, values.SHORT_TEXT),
                reason=self.text(f"{where}.reason", action.reason, values.REASON),
                approver=self.person(f"{where}.approver", action.approver),
            )

    def _priority(self, where: str, priority: str) -> str:
        if priority and priority not in PRIORITIES:
            self.leave(where, None, priority[:100], NOT_READABLE)
            return ""
        return priority

    def _addresses(self, where: str, given: Sequence[str], keys: Mapping[str, str]) -> tuple[str, ...]:
        for key in given:
            if key != ROOT_CAUSE and key not in keys:
                self.leave(where, None, key[:200], values.NO_FACTOR)
        found = {keys[key] for key in given if key in keys}
        cause = (ROOT_CAUSE,) if ROOT_CAUSE in given else ()
        return (*cause, *sorted(found, key=lambda key: int(key[1:])))

    def _attendees(self, attendees: Sequence[Attendee]) -> Iterable[Attendee]:
        seats: set[str] = set()
        for index, each in enumerate(self.rows("attendees", attendees)):
            where = f"attendees[{index}]"
            person, role = self.person(where, each.person), self.line(f"{where}.role", each.role, values.NAME)
            if person is None or person.username in seats:
                self.leave(
                    where, None, (each.person.name or role)[:200], values.TWICE if person else values.NOTHING_SAID
                )
                continue
            if person.username:
                seats.add(person.username)
            yield Attendee(person, role, each.attended)

    def _review(self, review: Review) -> Review:
        held = self.at("review.held_at", review.held_at)
        if held is not None and held > self.now:
            self.leave("review.held_at", None, held.isoformat(), values.NOT_YET)
            held = None
        return Review(self.at("review.scheduled_at", review.scheduled_at), held)

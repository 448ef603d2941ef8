"""Which accounts the people of an imported document are; whoever is none stays as text, and is listed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from postmortems.logic.document import Action, Attendee, Document, Person, Waiver


@dataclass(frozen=True, slots=True)
class Unknown:
    """A person who is no account here; `where` is a place in the document."""

    where: str
    name: str


def resolved(document: Document, accounts: Mapping[str, str]) -> tuple[Document, tuple[Unknown, ...]]:
    """The document with usernames, and who is unknown, in its order.

    `accounts` leads from what an account may be called (username, name or address, casefolded) to its username; a name
    that several share is not in it. A username that a file claims counts only where it leads to itself.
    """
    found = _Resolving({name.casefold(): username for name, username in accounts.items()})
    authors = tuple(found.person(f"authors[{index}]", person) for index, person in enumerate(document.authors))
    cause = replace(document.root_cause, waiver=found.waiver("root_cause.waiver", document.root_cause.waiver))
    factors = tuple(
        replace(factor, waiver=found.waiver(f"contributing_factors[{index}].waiver", factor.waiver))
        for index, factor in enumerate(document.factors)
    )
    actions = tuple(found.action(f"action_items[{index}]", action) for index, action in enumerate(document.actions))
    attendees = tuple(found.attendee(f"attendees[{index}]", each) for index, each in enumerate(document.attendees))
    known = replace(document, authors=authors, root_cause=cause, factors=factors, actions=actions, attendees=attendees)
    return known, tuple(found.unknown)


class _Resolving:
    def __init__(self, accounts: Mapping[str, str]) -> None:
        self._accounts = accounts
        self.unknown: list[Unknown] = []

    def person(self, where: str, person: Person) -> Person:
        called = person.username or person.name
        username = self._accounts.get(called.casefold(), "")
        if not username:
            self.unknown.append(Unknown(where, person.name or person.username))
        return Person(person.name or called, username)

    def maybe(self, where: str, person: Person | None) -> Person | None:
        return self.person(where, person) if person else None

    def waiver(self, where: str, waiver: Waiver | None) -> Waiver | None:
        return replace(waiver, signer=self.maybe(f"{where}.signer", waiver.signer)) if waiver else None

    def action(self, where: str, action: Action) -> Action:
        owner = self.maybe(f"{where}.owner", action.owner)
        return replace(action, owner=owner, approver=self.maybe(f"{where}.approver", action.approver))

    def attendee(self, where: str, attendee: Attendee) -> Attendee:
        return replace(attendee, person=self.person(f"{where}.person", attendee.person))

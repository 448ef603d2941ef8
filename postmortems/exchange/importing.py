"""A file becomes postmortems: first it is understood, which writes nothing, then each is taken, which is one draft."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from incidents.lifecycle import NotAllowed, Refused
from oncall.models import User
from postmortems import events, rights
from postmortems.drafting.making import allocate
from postmortems.exchange import known, rows
from postmortems.exchange.files import readings
from postmortems.logic import durations, people, readiness
from postmortems.logic.document import Document, Person, Waiver
from postmortems.logic.durations import Comparison
from postmortems.logic.fitting import fitted
from postmortems.logic.people import Unknown
from postmortems.logic.readiness import Finding
from postmortems.logic.reading import Note, Unplaced
from postmortems.logic.wording import Sentence, gettext_noop
from postmortems.models import Postmortem, PostmortemEvent
from postmortems.values import document_of

SIGNED_BY_OTHERS: Final = gettext_noop("Signatures are kept as text: only who may sign waivers can bring them in.")


@dataclass(frozen=True, slots=True)
class Understood:
    """One postmortem of a file as it would be taken; `already` is the number of one that says exactly the same."""

    document: Document
    unplaced: tuple[Unplaced, ...]
    notes: tuple[Note, ...]
    unknown: tuple[Unknown, ...]
    already: str

    @property
    def findings(self) -> list[Finding]:
        """What is missing before it can be published."""
        return readiness.findings(self.document)

    @property
    def spans(self) -> dict[str, timedelta]:
        """Durations by name."""
        return durations.derived(self.document.instants)

    @property
    def compared(self) -> Comparison | None:
        """The stated duration against the derived ones."""
        return durations.compare(self.document)


def understand(name: str, text: str, by: User | None, now: datetime) -> list[Understood]:
    """What is in a file of this name; nothing is written. Raises Unreadable, NotAllowed."""
    _check(by)
    found = readings(name, text)
    called, shown = known.accounts(by)
    here = known.known(shown)
    made = []
    for reading in found:
        document, unknown = people.resolved(reading.document, called)
        document, unsigned = _signatures(document, by)
        document, unfit = fitted(document, here, now)
        notes = (*reading.notes, Note("waiver", Sentence(SIGNED_BY_OTHERS))) if unsigned else reading.notes
        unplaced = (*reading.unplaced, *unfit)
        made.append(Understood(document, unplaced, notes, unknown, _already(document, by)))
    return made


def take(found: Understood, source: str, by: User | None, now: datetime) -> Postmortem:
    """Make it a draft, owned by who brings it, without an incident and without clocks. `source` names the file.

    Raises Refused (conflict) where one that says exactly the same is there already, NotAllowed.
    """
    _check(by)
    with transaction.atomic():
        already = _already(found.document, by)
        if already:
            raise Refused(_("It is there already: %(number)s.") % {"number": already}, "text", conflict=True)
        made = rows.write(found.document, allocate(now), by, now)
        said = {"file": source or _("a text")}
        text = [_("Read from %(file)s.") % said]
        text += [f"{_('Not placed')}: {each.where}: {each.text[:200]}" for each in found.unplaced]
        events.add(made, PostmortemEvent.Kind.IMPORTED, "\n".join(text), by, now)
        return made


def sentence(given: Sentence) -> str:
    """What a rule says, in the reader's language."""
    return _(given.message) % dict(given.values)


def _check(by: User | None) -> None:
    if by is not None and not (by.is_active and by.has_perm(rights.ADD)):
        raise NotAllowed(_("You do not have the permission to do this."))


def _already(document: Document, by: User | None) -> str:
    """The number of one that says exactly the same, of those that the person may see."""
    candidates = Postmortem.objects.filter(title=document.title, happened_on=document.happened_on)
    if by is not None:
        candidates = candidates.visible_to(by)
    alike = candidates.filter(kind=Postmortem.Kind.FULL).order_by("pk")[:20]
    return next((row.number for row in alike if document_of(row) == document), "")


def _signatures(document: Document, by: User | None) -> tuple[Document, bool]:
    """Who signed or approved in a file has done so here only if who brings it may sign; else it is a name."""
    may_sign = by is None or by.has_perm(rights.PUBLISH)
    may_approve = by is None or by.has_perm(rights.APPROVE)
    cause = document.root_cause
    made = replace(
        document,
        root_cause=cause if may_sign else replace(cause, waiver=_unsigned(cause.waiver)),
        factors=document.factors
        if may_sign
        else tuple(replace(each, waiver=_unsigned(each.waiver)) for each in document.factors),
        actions=document.actions
        if may_approve
        else tuple(replace(each, approver=_named(each.approver)) for each in document.actions),
    )
    return made, made != document


def _unsigned(waiver: Waiver | None) -> Waiver | None:
    return replace(waiver, signer=_named(waiver.signer)) if waiver else None


def _named(person: Person | None) -> Person | None:
    return Person(person.name) if person else None

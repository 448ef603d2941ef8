"""What is missing before a postmortem can be published."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from postmortems.logic.document import PRIORITIES, ROOT_CAUSE, Action, Document, Waiver
from postmortems.logic.severity_words import level_in
from postmortems.logic.wording import Sentence, gettext_noop

Group = Literal["document", "review"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is missing. `where` is a place in the document, as `action_items[0].owner` (counted from 0)."""

    rule: str
    group: Group
    message: Sentence
    where: str


# section → (is it there?, what to say)
SECTIONS: Final[Mapping[str, tuple[Callable[[Document], bool], str]]] = MappingProxyType(
    {
        "summary": (lambda it: bool(it.summary), gettext_noop("Write a summary.")),
        "authors": (lambda it: bool(it.authors), gettext_noop("Name the authors.")),
        "severity": (lambda it: bool(it.severity), gettext_noop("Say which severity was declared.")),
        "impact": (
            lambda it: _says_something(it),
            gettext_noop("Describe the impact: who was affected, and how much."),
        ),
        "timeline": (lambda it: bool(it.timeline), gettext_noop("Write the timeline.")),
        "root_cause": (lambda it: bool(it.root_cause.text), gettext_noop("Describe the root cause.")),
        "five_whys": (lambda it: bool(it.five_whys.whys), gettext_noop("Ask why, at least once.")),
        "factors": (lambda it: bool(it.factors), gettext_noop("Name the contributing factors.")),
        "actions": (lambda it: bool(it.actions), gettext_noop("Add at least one action item.")),
        "went_well": (lambda it: bool(it.went_well), gettext_noop("Write what went well.")),
        "went_poorly": (lambda it: bool(it.went_poorly), gettext_noop("Write what went poorly.")),
        "lessons": (lambda it: bool(it.lessons), gettext_noop("Write the lessons.")),
    }
)
# A section's place in the document, where it is not its name.
_PLACES: Final = {"factors": "contributing_factors", "actions": "action_items"}


def findings(document: Document) -> list[Finding]:
    """All that is missing, in the order of the document; empty when it can be published."""
    return [*_sections(document), *_actions(document), *_links(document), *_review(document)]


def missing_sections(document: Document) -> list[str]:
    """The names of required sections that are not there."""
    return [name for name, (is_there, _message) in SECTIONS.items() if not is_there(document)]


def _sections(document: Document) -> Iterator[Finding]:
    for name in missing_sections(document):
        message = Sentence(SECTIONS[name][1])
        level = level_in(document.title)
        if name == "severity" and level:
            text = gettext_noop("Say which severity was declared; the title says %(level)s.")
            message = Sentence(text, {"level": level})
        yield Finding(f"section.{name}", "document", message, _PLACES.get(name, name))


def _actions(document: Document) -> Iterator[Finding]:
    for index, action in enumerate(document.actions):
        place, values = f"action_items[{index}]", {"action": action.description}
        if not _has_owner(action):
            text = gettext_noop("“%(action)s” has no owner.")
            yield Finding("action.owner", "document", Sentence(text, values), f"{place}.owner")
        elif action.owner and not action.owner.username:
            text = gettext_noop("The owner of “%(action)s” is only a text, “%(owner)s”: choose an account.")
            message = Sentence(text, {**values, "owner": action.owner.name})
            yield Finding("action.account", "review", message, f"{place}.owner")
        if action.priority not in PRIORITIES:
            text = gettext_noop("“%(action)s” has no priority.")
            yield Finding("action.priority", "document", Sentence(text, values), f"{place}.priority")
        if action.due_on is None:
            text = gettext_noop("“%(action)s” has no due date.")
            yield Finding("action.due", "document", Sentence(text, values), f"{place}.due_on")


def _links(document: Document) -> Iterator[Finding]:
    """Causes that nothing is done about; without any action that is what is missing, once."""
    if not document.actions:
        return
    addressed = {key for action in document.actions for key in action.addresses}
    cause = document.root_cause
    if cause.text and ROOT_CAUSE not in addressed and not _waived(cause.waiver):
        text = gettext_noop("The root cause has neither an action nor a waiver with reason and signer.")
        yield Finding("root_cause.action", "review", Sentence(text), "root_cause")
    for index, factor in enumerate(document.factors):
        if factor.key not in addressed and not _waived(factor.waiver):
            text = gettext_noop("“%(factor)s” has neither an action nor a waiver with reason and signer.")
            message = Sentence(text, {"factor": factor.text})
            yield Finding("factor.action", "review", message, f"contributing_factors[{index}]")


def _review(document: Document) -> Iterator[Finding]:
    if document.review.held_at is None:
        yield Finding(
            "review.held", "review", Sentence(gettext_noop("The review has not been held.")), "review.held_at"
        )
    if not document.attendees:
        yield Finding(
            "review.attendees", "review", Sentence(gettext_noop("Name who attended the review.")), "attendees"
        )
    for index, attendee in enumerate(document.attendees):
        if attendee.attended is None:
            text = gettext_noop("Say whether %(person)s attended the review.")
            message = Sentence(text, {"person": attendee.person.name})
            yield Finding("review.attendees", "review", message, f"attendees[{index}].attended")


def _says_something(document: Document) -> bool:
    impact = document.impact
    numbers = (
        *(impact.users_affected, impact.revenue_amount, impact.error_budget_percent),
        *(impact.failed_requests, impact.support_tickets),
    )
    return bool(impact.text) or any(number is not None for number in numbers)


def _has_owner(action: Action) -> bool:
    return action.owner is not None and bool(action.owner.name or action.owner.username)


def _waived(waiver: Waiver | None) -> bool:
    """A name without an account signs for nothing."""
    return waiver is not None and bool(waiver.reason) and waiver.signer is not None and bool(waiver.signer.username)

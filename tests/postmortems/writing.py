"""A postmortem that is whole, and its people."""

from datetime import date, datetime, timedelta

from oncall.models import User
from postmortems import actions, drafting, publishing
from postmortems.models import ActionItem, Postmortem
from tests.cast import NOW

LATER = NOW + timedelta(hours=2)
TEXTS = {
    "summary": "The database was down for an hour.",
    "impact_text": "Nobody could pay.",
    "root_cause": "A query without an index filled the pool.",
    "symptom": "Payments timed out.",
    "went_well": "Detection.",
    "went_poorly": "The canary was skipped.",
    "lessons": "Plans are looked at before they run.",
}


def now_of(user: User) -> User:
    """Read anew, with nothing remembered of their permissions."""
    return User.objects.get(pk=user.pk)


def action(postmortem: Postmortem, owner: User | None, by: User | None = None, **values: object) -> ActionItem:
    given = {"description": "Add the index", "kind": "prevent", "priority": "P2", "owner": owner, **values}
    return actions.add(postmortem, given, by, LATER)


def whole(postmortem: Postmortem, owner: User, at: datetime = LATER) -> Postmortem:
    """Everything that publishing asks for, in review, its one action open."""
    made = drafting.edit(postmortem, postmortem.version, TEXTS, None, at)
    made = drafting.put(made, made.version, "whys", [{"text": "The pool was full.", "is_cause": True}], None, at)
    made = drafting.put(
        made, made.version, "factors", [{"text": "No plan review", "factor_class": "process"}], None, at
    )
    action(made, owner, addresses_cause=True, factors=list(made.factors.all()), due_on=date(2026, 2, 1))
    made = publishing.start_review(made, None, at)
    attended = dict.fromkeys(made.attendees.values_list("pk", flat=True), True)
    return publishing.hold_review(made, at, attended, None, at)

"""The verbs as the page calls them: arguments out of the form, and what to say when it is done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents import lifecycle
from incidents.models import Incident
from oncall.paging import Actor, Outcome

Given = Mapping[str, Any]


def acknowledge(incident: Incident, by: Actor, now: datetime, given: Given) -> str:
    """Says so where somebody else was quicker."""
    fresh, outcome = lifecycle.acknowledge(incident, by, now)
    holder = fresh.acknowledged_by
    if holder is not None and by.user is not None and holder.pk != by.user.pk and not outcome.changed:
        return _("%(who)s has it already.") % {"who": holder}
    return " ".join([_("You have it."), *_stopped(outcome)])


def severity(incident: Incident, by: Actor, now: datetime, given: Given) -> str:
    fresh = lifecycle.set_severity(incident, given["severity"], given["reason"], by, now)
    return _("It is %(level)s now.") % {"level": fresh.severity.level}


def role(incident: Incident, by: Actor, now: datetime, given: Given) -> str:
    lifecycle.assign_role(incident, given["role"], given["person"], by, now)
    if given["person"] is None:
        return _("Nobody has the role now.")
    return _("%(who)s has the role now.") % {"who": given["person"]}


def note(incident: Incident, by: Actor, now: datetime, given: Given) -> str:
    lifecycle.note(incident, given["text"], by, now, at=given["at"])
    return _("Your note is on the timeline.")


def mitigate(incident: Incident, by: Actor, now: datetime, given: Given) -> str:
    lifecycle.mitigate(incident, by, now, kind=given["kind"])
    return _("Mitigated. Nobody is paged any more.")


def resolve(incident: Incident, by: Actor, now: datetime, given: Given) -> str:
    outcome = lifecycle.resolve(incident, by, now, given.get("lesson", ""))[1]
    return " ".join([_("Resolved. Nobody is paged any more."), *_stopped(outcome)])


def reopen(incident: Incident, by: Actor, now: datetime, given: Given) -> str:
    lifecycle.reopen(incident, given["reason"], by, now)
    return _("Reopened; it is paged again.")


def page(incident: Incident, by: Actor, now: datetime, given: Given) -> str:
    lifecycle.page(incident, given["person"], by, now)
    return _("%(who)s is paged until they answer.") % {"who": given["person"]}


def escalate(incident: Incident, by: Actor, now: datetime, given: Given) -> str:
    lifecycle.escalate(incident, by, now)
    return _("The next step is being paged now.")


def pass_on(incident: Incident, by: Actor, now: datetime, given: Given) -> str:
    lifecycle.pass_on(incident, by, now)
    return _("Passed on: the next step is being paged now.")


def merge(incident: Incident, by: Actor, now: datetime, given: Given) -> str:
    lifecycle.merge(incident, given["into"], by, now)
    return _("Merged into %(number)s.") % {"number": given["into"].number}


def dismiss(incident: Incident, by: Actor, now: datetime, given: Given) -> str:
    lifecycle.dismiss(incident, given["reason"], by, now)
    return _("Closed as a false alarm.")


def close(incident: Incident, by: Actor, now: datetime, given: Given) -> str:
    lifecycle.close(incident, by, now)
    return _("Closed.")


def private(incident: Incident, by: Actor, now: datetime, given: Given) -> str:
    fresh = lifecycle.set_private(incident, given["private"], by, now)
    return _("It is private now.") if fresh.private else _("It is no longer private.")


def _stopped(outcome: Outcome) -> list[str]:
    words = []
    if outcome.cancelled:
        words.append(
            ngettext("%(n)d message was stopped.", "%(n)d messages were stopped.", outcome.cancelled)
            % {"n": outcome.cancelled}
        )
    if outcome.moving:
        words.append(_("On its way already: to %(names)s.") % {"names": ", ".join(outcome.in_flight_to)})
    return words

"""The verbs of an incident: each state change is one function here, called by every face, sender and engine.

`by` is who does it and through what (`oncall.paging.Actor`); engine and senders have no user and may do everything.
Each verb is one transaction, locks service, pages, incident in that order, and returns the incident as it is then.
Instants are aware UTC. Raised: Refused (the state or an argument does not allow it), NotAllowed (the person may not).
"""

from incidents.lifecycle.answering import acknowledge, escalate, page, pass_on
from incidents.lifecycle.ending import close, dismiss, mitigate, reopen, resolve, resolve_many
from incidents.lifecycle.facts import content
from incidents.lifecycle.locks import locked
from incidents.lifecycle.merging import merge
from incidents.lifecycle.opening import Opening, declare, default_severity, open_many
from incidents.lifecycle.people import assign_role, note, set_private
from incidents.lifecycle.refusals import NotAllowed, Refused
from incidents.lifecycle.severity import set_severity

__all__ = [
    "NotAllowed",
    "Opening",
    "Refused",
    "acknowledge",
    "assign_role",
    "close",
    "content",
    "declare",
    "default_severity",
    "dismiss",
    "escalate",
    "locked",
    "merge",
    "mitigate",
    "note",
    "open_many",
    "page",
    "pass_on",
    "reopen",
    "resolve",
    "resolve_many",
    "set_private",
    "set_severity",
]

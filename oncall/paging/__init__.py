"""Verbs of paging: each changes all running pages of a subject under their locks and says so in one batch of events.

They open a transaction of their own or join the caller's. `now` is an aware UTC instant.
"""

from oncall.paging.answering import acknowledge, end, resolve, resolve_many, step_failed
from oncall.paging.holes import Hole, Need, holes
from oncall.paging.opening import add_responder, open_page, open_pages, update_page
from oncall.paging.planning import plan, preview, reachable
from oncall.paging.steering import escalate_now, hold, pass_on, release
from oncall.paging.values import (
    Actor,
    NothingLeft,
    Outcome,
    PageContent,
    PageRequest,
    Planned,
    PlannedPerson,
)

__all__ = [
    "Actor",
    "Hole",
    "Need",
    "NothingLeft",
    "Outcome",
    "PageContent",
    "PageRequest",
    "Planned",
    "PlannedPerson",
    "acknowledge",
    "add_responder",
    "end",
    "escalate_now",
    "hold",
    "holes",
    "open_page",
    "open_pages",
    "pass_on",
    "plan",
    "preview",
    "reachable",
    "release",
    "resolve",
    "resolve_many",
    "step_failed",
    "update_page",
]

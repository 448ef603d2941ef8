"""How a postmortem comes to be and is written: drafted from facts, edited by people.

`by` is the person who does it, None the engine. Instants are aware UTC. Raised: Refused (the state or an argument does
not allow it), NotAllowed (the person may not), Stale (somebody else saved since the text was read).
"""

from postmortems.drafting.editing import EDITABLE, Stale, assign, comment, edit
from postmortems.drafting.making import calendar_of, draft, restart_clocks, sentence, start, stop_clocks
from postmortems.drafting.merging import Outcome, Written, mark_of, merge
from postmortems.drafting.parts import put

__all__ = [
    "EDITABLE",
    "Outcome",
    "Stale",
    "Written",
    "assign",
    "calendar_of",
    "comment",
    "draft",
    "edit",
    "mark_of",
    "merge",
    "put",
    "restart_clocks",
    "sentence",
    "start",
    "stop_clocks",
]

"""Rows of the postmortems app, one noun a file."""

from postmortems.models.actions import ActionItem, DueMove
from postmortems.models.invitations import Invitation
from postmortems.models.notices import ClockReminder, DigestClock, SentDigest
from postmortems.models.parts import Attendee, Author, Comment, Factor, ObservabilityGap, Tag, TimelineItem, Why
from postmortems.models.postmortems import Postmortem, PostmortemEvent, PostmortemNumber
from postmortems.models.templates import PostmortemTemplate

__all__ = [
    "ActionItem",
    "Attendee",
    "Author",
    "ClockReminder",
    "Comment",
    "DigestClock",
    "DueMove",
    "Factor",
    "Invitation",
    "ObservabilityGap",
    "Postmortem",
    "PostmortemEvent",
    "PostmortemNumber",
    "PostmortemTemplate",
    "SentDigest",
    "Tag",
    "TimelineItem",
    "Why",
]

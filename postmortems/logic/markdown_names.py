"""The names of a Markdown postmortem's headings, fields and columns: ours first, then those that teams use."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

# section → headings
SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "summary": ("Summary", "Executive Summary", "Overview", "TL;DR"),
    "impact": ("Impact", "Customer Impact", "User Impact", "Business Impact"),
    "key_times": ("Key times",),
    "timeline": ("Timeline", "Incident Timeline"),
    "detection": ("Detection",),
    "root_cause": ("Root cause", "Root Cause Analysis", "Root Causes", "Cause"),
    "waiver": ("Root cause waiver",),
    "five_whys": ("Five whys", "5 Whys", "The Five Whys", "Five whys analysis"),
    "factors": ("Contributing factors", "Contributing Causes"),
    "went_well": ("What went well", "Went Well", "What Worked Well", "What worked"),
    "went_poorly": ("What went poorly", "Went Poorly", "What Went Wrong", "What went badly", "What could be improved"),
    "got_lucky": ("Where we got lucky", "Got Lucky", "What went luckily"),
    "lessons": ("Lessons", "Lessons Learned", "Lessons Learnt", "Learnings"),
    "gaps": ("Observability gaps",),
    "actions": ("Action items", "Actions", "Follow-up Actions", "Follow-ups", "Action Plan", "Next Steps"),
    "attendees": ("Attendees", "Participants"),
    "review": ("Review",),
    "authors": ("Authors", "Author"),
}
# What stands in bold before the first section.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("Date", "Incident Date"),
    "duration": ("Duration",),
    "severity": ("Severity", "Severity Level"),
    "assessed": ("Assessed severity",),
    "authors": ("Authors", "Author", "Written by"),
    "services": ("Services", "Service", "Affected Services"),
    "tags": ("Tags",),
    "impact": ("Impact",),
    "title": ("Title",),
}
INSTANTS: Final[Mapping[str, str]] = {
    "changed_at": "Last change",
    "impact_started_at": "Impact began",
    "alerted_at": "Alert",
    "acknowledged_at": "Acknowledged",
    "gathered_at": "Channel and commander",
    "issue_found_at": "Issue found",
    "cause_found_at": "Cause found",
    "mitigation_started_at": "Mitigation started",
    "rolled_back_at": "Rolled back",
    "recovered_at": "Recovered",
}
IMPACT: Final[Mapping[str, str]] = {
    "users_affected": "Users affected",
    "revenue": "Revenue",
    "error_budget_percent": "Error budget consumed",
    "failed_requests": "Failed requests",
    "support_tickets": "Support tickets",
}
ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "description": ("Item", "Action", "Action Item", "Description", "Task", "What"),
    "owner": ("Owner", "Assignee", "Responsible", "Who"),
    "due": ("Due", "Due Date", "Deadline", "When"),
    "priority": ("Priority", "Prio"),
    "kind": ("Kind", "Type"),
    "status": ("Status", "State"),
    "addresses": ("Addresses",),
    "link": ("Link", "Ticket", "Issue", "Tracker"),
    "evidence": ("Evidence",),
    "reason": ("Reason",),
    "approver": ("Approved by",),
}
FACTORS: Final[Mapping[str, tuple[str, ...]]] = {
    "key": ("Key",),
    "text": ("Factor",),
    "class": ("Class",),
    "reason": ("Waived because",),
    "signer": ("Signed by",),
}
ATTENDEES: Final[Mapping[str, tuple[str, ...]]] = {
    "person": ("Person", "Name"),
    "role": ("Role",),
    "attended": ("Attended",),
}
GAPS: Final[Mapping[str, tuple[str, ...]]] = {"kind": ("Kind",), "text": ("Gap",)}


def heading(section: str) -> str:
    """How we write it."""
    return SECTIONS[section][0]


def head(columns: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The head of our table."""
    return [names[0] for names in columns.values()]


def called(text: str, names: Mapping[str, tuple[str, ...]]) -> str | None:
    """Whose name this is, whatever its case, colon, number or what stands behind it in parentheses."""
    wanted = _bare(text[:200])
    return next((each for each, known in names.items() if wanted in {_bare(name) for name in known}), None)


@lru_cache(maxsize=4096)
def _bare(text: str) -> str:
    text = re.sub(r"\(.{0,80}\)\s*:?\s*$", "", text.strip().strip("*_: "))
    text = re.sub(r"^\d{1,2}[.)]\s+", "", text)
    return " ".join(re.sub(r"[^\w]+", " ", text).split()).casefold()

"""What is learned of it: a draft that nobody wrote yet, one in review with a meeting to come, one that is published."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from incidents.models import Severity
from oncall.models import Team, User
from postmortems import actions, drafting, publishing
from postmortems.models import ActionItem, Postmortem, PostmortemTemplate
from tests.browser.clock import Clock

TEXTS: dict[str, Any] = {
    "summary": "Card and invoice payments failed for **22 minutes**: the primary of the payments database stopped "
    "accepting writes. About 12,500 people could not pay; nothing that was paid is lost.\n\n"
    "A failover to `payments-2` brought payments back.",
    "impact_text": "Checkouts ended in an error page. Subscriptions renewed an hour late.",
    "users_affected": 12_500,
    "failed_requests": 41_873,
    "support_tickets": 212,
    "revenue_amount": Decimal(45_000),
    "revenue_currency": "EUR",
    "error_budget_percent": Decimal(35),
    "stated_duration": timedelta(minutes=47),
    "detection": "The monitor fired within a minute. Lena should have looked at the disk alert of the day before.",
    "symptom": "Payments failed with “could not commit”.",
    "root_cause": "The archive bucket refused our key after its rotation, so logs stayed on the disk until it was full."
    "\n\nThe engineer forgot to roll out the new key to `payments-1`.",
    "went_well": "- The page was answered in three minutes.\n- The failover worked as rehearsed.",
    "went_poorly": "- The disk had been filling for nine hours, and nobody was told.",
    "got_lucky": "It happened on a Sunday.",
    "lessons": "A key that is rotated is tried out by everything that uses it, before the old one ends.",
}
LISTS: dict[str, list[dict[str, Any]]] = {
    "whys": [
        {"text": "The primary could not write: its disk was full.", "position": 0},
        {"text": "Logs had not been archived for nine hours.", "under": 0, "position": 1},
        {"text": "The archive bucket refused the rotated key.", "under": 1, "is_cause": True, "position": 2},
        {"text": "The disk's alert went to a channel that nobody reads at night.", "under": 0, "position": 3},
    ],
    "factors": [
        {"text": "Nobody sees who still uses a key that is rotated", "factor_class": "process", "position": 0},
        {"text": "Disk alerts of databases are low urgency", "factor_class": "tooling", "position": 1},
    ],
    "gaps": [{"kind": "silent_failure", "text": "Archiving fails without any alert."}],
    "tags": [{"word": "database"}, {"word": "keys"}],
}


def tell(clock: Clock) -> dict[str, Any]:
    """Keys of one postmortem of each state, and of an action that is done."""
    drafts = Postmortem.objects.filter(state="draft", incident__opened_at__gt=clock.ago(days=21)).order_by("pk")
    written = drafts.get(title__contains="Primary of the payments database")
    with clock.at(clock.ago(hours=3)):
        in_review(written, clock)
        templates()
    return {
        "postmortems": {
            "draft": drafts.latest("pk").pk,
            "in_review": written.pk,
            "walked": drafts.get(title__contains="p99 latency").pk,  # changed by tests; nobody takes its picture
            "published": Postmortem.objects.filter(state="published").latest("pk").pk,
            "sentence": Postmortem.objects.filter(kind="sentence").latest("pk").pk,
        },
        "actions": {"done": ActionItem.objects.filter(status="done").latest("pk").pk},
    }


def in_review(made: Postmortem, clock: Clock) -> None:
    now, lena, priya = clock.ago(hours=3), *(User.objects.get(username=name) for name in ("lena", "priya"))
    made = drafting.edit(made, made.version, TEXTS, lena, now)
    for name, rows in LISTS.items():
        made = drafting.put(made, made.version, name, rows, lena, now)
    action = {"description": "Alert when a log waits over 15 minutes for its archive", "kind": "detect"}
    causes = list(made.factors.all()[1:])
    actions.add(
        made, {**action, "priority": "P1", "owner": priya, "factors": causes, "addresses_cause": True}, lena, now
    )
    actions.add(made, {"description": "List the users of a key before it is rotated", "priority": "P2"}, lena, now)
    publishing.start_review(made, lena, now)
    made = publishing.schedule_review(
        made, clock.now + timedelta(days=1), lena, now, place="Room 5, or call.example.org/5"
    )
    rows = [{"id": row.pk} for row in made.attendees.all()]
    newcomer = {"person": User.objects.get(username="rosa"), "name": "", "role": "made the last change: never blamed"}
    drafting.put(made, made.version, "attendees", [*rows, newcomer], lena, now)
    drafting.comment(made, "Do we know why it took **eight minutes** from the cause to the failover?", priya, now)


def templates() -> None:
    PostmortemTemplate.objects.create(
        name="Every outage",
        severity=Severity.objects.get(level="SEV-1"),
        summary="What happened:\n\nWhom it hit:\n\nHow it ended:",
        lessons="What we know now that we did not know before:",
    )
    PostmortemTemplate.objects.create(
        name="Storefront", team=Team.objects.get(slug="storefront"), summary="In one breath:"
    )

"""What the demo company learned: postmortems and actions, by the verbs that people use, as of back then."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from incidents.models import Incident
from oncall.models import User
from postmortems import actions, drafting, publishing
from postmortems.engine import chase
from postmortems.models import ActionItem, Postmortem

Told = Mapping[str, Any]
HOUR = timedelta(hours=1)


def tell(incident: Incident, each: Told | None, people: Mapping[str, User], now: datetime) -> None:
    """What was written about this resolved incident: its postmortem as far as it came, its one sentence, or nothing."""
    drafted_at = (incident.resolved_at or now) + timedelta(minutes=1)
    if each is None:
        if incident.lesson:
            drafting.sentence(incident, drafted_at)
        return
    made = drafting.draft(incident, drafted_at)
    made = _written(made, each, people, drafted_at + 20 * HOUR)
    todo = [(one, _add(made, one, people, drafted_at + 21 * HOUR)) for one in each["actions"]]
    if "publisher" in each:
        held_at = _day(each["days"], now)
        made = publishing.schedule_review(made, held_at, people[each["by"]], drafted_at + 30 * HOUR)
        _published(made, each, people, held_at)
    else:
        publishing.schedule_review(made, _day(each["review"], now), people[each["by"]], drafted_at + 30 * HOUR)
    for one, action in todo:
        _went_on(action, one, people, now)


def remind(now: datetime) -> None:
    """The digests of the last morning and the last Monday, as if the engine had run since then: they can be looked at
    before the first nine o'clock comes."""
    chase.begin(now - timedelta(days=8))
    chase.run(now)


def _written(made: Postmortem, each: Told, people: Mapping[str, User], at: datetime) -> Postmortem:
    by = people[each["by"]]
    impact = dict(each["impact"])
    for name in ("revenue_amount", "error_budget_percent"):
        if name in impact:
            impact[name] = Decimal(impact[name])
    made = drafting.edit(made, made.version, {**each["texts"], **impact}, by, at)
    parent = None
    whys = each["whys"]
    for position, text in enumerate(whys):
        kept = [{"id": row.pk} for row in made.whys.all()]
        why = {"text": text, "position": position, "parent": parent, "is_cause": position == len(whys) - 1}
        made = drafting.put(made, made.version, "whys", [*kept, why], by, at)
        parent = made.whys.latest("pk")
    factors = [
        {"position": position, "factor_class": kind, "text": text}
        for position, (kind, text) in enumerate(each["factors"])
    ]
    made = drafting.put(made, made.version, "factors", factors, by, at)
    gaps = [{"kind": kind, "text": text} for kind, text in each.get("gaps", [])]
    made = drafting.put(made, made.version, "gaps", gaps, by, at)
    return drafting.put(made, made.version, "tags", [{"word": word} for word in each["tags"]], by, at)


def _add(made: Postmortem, one: Told, people: Mapping[str, User], at: datetime) -> ActionItem:
    factors = list(made.factors.all())
    values = {
        "description": one["text"],
        "kind": one["kind"],
        "priority": one["priority"],
        "owner": people[one["owner"]],
        "addresses_cause": one.get("cause", False),
        "factors": [factors[number - 1] for number in one["factors"]],
    }
    return actions.add(made, values, None, at)


def _published(made: Postmortem, each: Told, people: Mapping[str, User], held_at: datetime) -> None:
    owner, publisher = people[each["by"]], people[each["publisher"]]
    made = publishing.start_review(made, owner, held_at - 20 * HOUR)
    attended = dict.fromkeys(made.attendees.values_list("pk", flat=True), True)
    made = publishing.hold_review(made, held_at, attended, owner, held_at + HOUR)
    drafting.comment(made, "Read and agreed; thank you all for writing it so openly.", publisher, held_at + 2 * HOUR)
    publishing.publish(made, publisher, held_at + 3 * HOUR)


def _went_on(action: ActionItem, one: Told, people: Mapping[str, User], now: datetime) -> None:
    """What became of it: begun, moved, blocked, done or declined, each so many days ago."""
    owner = people[one["owner"]]
    if "begun" in one:
        actions.begin(action, owner, _day(one["begun"], now))
    for days, due, reason in one.get("moved", []):
        actions.move(action, _date(-due, now), reason, owner, _day(days, now))
    if "blocked" in one:
        days, reason = one["blocked"]
        actions.block(action, reason, owner, _day(days, now))
    if "done" in one:
        days, evidence = one["done"]
        actions.finish(action, evidence, owner, _day(days, now))
    if "declined" in one:
        days, approver, reason = one["declined"]
        actions.decline(action, reason, people[approver], _day(days, now))


def _day(days: int, now: datetime) -> datetime:
    """At ten in the morning (UTC), so many days ago; today's may be still to come."""
    return datetime.combine(_date(days, now), datetime.min.time(), UTC) + 10 * HOUR


def _date(days: int, now: datetime) -> date:
    return now.astimezone(UTC).date() - timedelta(days=days)

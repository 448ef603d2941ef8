"""A document, judged and fitted, written as the rows of one draft: in bulk, as it may hold hundreds."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from incidents.models import Service, Severity
from oncall.models import User
from postmortems.actions import today_of
from postmortems.logic import document as doc
from postmortems.models import (
    ActionItem,
    Attendee,
    Author,
    Factor,
    ObservabilityGap,
    Postmortem,
    Tag,
    TimelineItem,
    Why,
)

_FINISHED = {doc.ActionStatus.DONE, doc.ActionStatus.WONT_DO}


def write(document: doc.Document, number: str, by: User | None, now: datetime) -> Postmortem:
    """The rows, in the caller's transaction; usernames, levels and services in it are known to exist."""
    people = _people(document)
    levels = {row.level: row for row in Severity.objects.all()}
    waiver = document.root_cause.waiver or doc.Waiver()
    made = Postmortem.objects.create(
        number=number,
        title=document.title,
        service=Service.objects.filter(name__in=document.services).order_by("pk").first(),
        owner=by,
        severity=levels.get(document.severity),
        assessed=levels.get(document.assessed),
        happened_on=document.happened_on,
        stated_duration=document.stated_duration,
        created_at=now,
        review_at=document.review.scheduled_at,
        review_scheduled_at=now if document.review.scheduled_at else None,
        review_held_at=document.review.held_at,
        root_cause=document.root_cause.text,
        cause_waiver=waiver.reason,
        cause_waiver_signer=_account(people, waiver.signer),
        cause_waiver_signer_name=_name(waiver.signer),
        symptom=document.five_whys.symptom,
        **{name: getattr(document.instants, name) for name in doc.INSTANTS},
        **_impact(document.impact),
        **{name: getattr(document, name) for name in _TEXTS},
    )
    _lists(made, document, people)
    _whys(made, document.five_whys.whys)
    factors = _factors(made, document.factors, people)
    _actions(made, document.actions, factors, people, now)
    return made


_TEXTS = ("summary", "detection", "went_well", "went_poorly", "got_lucky", "lessons")


def _impact(impact: doc.Impact) -> dict[str, object]:
    values = asdict(impact)
    return {"impact_text": values.pop("text"), **values}


def _people(document: doc.Document) -> dict[str, User]:
    """Every account that the document names."""
    waivers = [document.root_cause.waiver, *(factor.waiver for factor in document.factors)]
    named = [
        *document.authors,
        *(attendee.person for attendee in document.attendees),
        *(waiver.signer for waiver in waivers if waiver),
        *(person for action in document.actions for person in (action.owner, action.approver)),
    ]
    usernames = {person.username for person in named if person and person.username}
    return {row.username: row for row in User.objects.filter(username__in=usernames)}


def _account(people: dict[str, User], person: doc.Person | None) -> User | None:
    return people.get(person.username) if person and person.username else None


def _name(person: doc.Person | None) -> str:
    return person.name if person else ""


def _lists(made: Postmortem, document: doc.Document, people: dict[str, User]) -> None:
    Author.objects.bulk_create(
        Author(postmortem=made, person=_account(people, each), name=each.name) for each in document.authors
    )
    TimelineItem.objects.bulk_create(
        TimelineItem(postmortem=made, at=each.at, text=each.text) for each in document.timeline
    )
    Attendee.objects.bulk_create(
        Attendee(
            postmortem=made,
            person=_account(people, each.person),
            name=each.person.name,
            role=each.role,
            attended=each.attended,
        )
        for each in document.attendees
    )
    ObservabilityGap.objects.bulk_create(
        ObservabilityGap(postmortem=made, kind=each.kind.value, text=each.text) for each in document.gaps
    )
    Tag.objects.bulk_create(Tag(postmortem=made, word=word) for word in document.tags)


def _whys(made: Postmortem, whys: Sequence[doc.Why]) -> None:
    """Level by level: a row's parent has its key before it."""
    level: list[tuple[Why | None, Sequence[doc.Why]]] = [(None, whys)]
    while level:
        pairs = [
            (Why(postmortem=made, parent=parent, position=position, text=why.text, is_cause=why.is_cause), why.deeper)
            for parent, siblings in level
            for position, why in enumerate(siblings)
        ]
        Why.objects.bulk_create(row for row, _deeper in pairs)
        level = [(row, deeper) for row, deeper in pairs if deeper]


def _factors(made: Postmortem, factors: Sequence[doc.Factor], people: dict[str, User]) -> dict[str, Factor]:
    """The rows by the keys that actions name."""
    rows = {
        each.key: Factor(
            postmortem=made,
            position=position,
            text=each.text,
            factor_class=each.factor_class.value if each.factor_class else "",
            waiver=each.waiver.reason if each.waiver else "",
            waiver_signer=_account(people, each.waiver.signer) if each.waiver else None,
            waiver_signer_name=_name(each.waiver.signer) if each.waiver else "",
        )
        for position, each in enumerate(factors)
    }
    Factor.objects.bulk_create(rows.values())
    return rows


def _actions(
    made: Postmortem,
    actions: Sequence[doc.Action],
    factors: dict[str, Factor],
    people: dict[str, User],
    now: datetime,
) -> None:
    """As the file says them: no date is made up, and what is open is chased from today on."""
    rows = []
    for each in actions:
        owner = _account(people, each.owner)
        row = ActionItem(
            postmortem=made,
            description=each.description,
            kind=each.kind.value if each.kind else "",
            owner=owner,
            owner_name="" if owner else _name(each.owner),
            priority=each.priority,
            due_on=each.due_on,
            status=each.status.value,
            addresses_cause=doc.ROOT_CAUSE in each.addresses,
            link=each.link,
            evidence=each.evidence,
            reason=each.reason,
            approver=_account(people, each.approver),
            approver_name=_name(each.approver),
            chased_from=today_of(owner, now),
            created_at=now,
            finished_at=now if each.status in _FINISHED else None,
        )
        rows.append((row, [factors[key].pk for key in each.addresses if key in factors]))
    ActionItem.objects.bulk_create(row for row, _keys in rows)
    through = ActionItem.factors.through
    through.objects.bulk_create(through(actionitem_id=row.pk, factor_id=key) for row, keys in rows for key in keys)

"""A postmortem's rows as one document of values: what readiness, exports and hints are functions of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from decimal import Decimal

from oncall.models import User
from postmortems.logic import document as doc
from postmortems.logic.fitting_values import plain_amount
from postmortems.models import ActionItem, Factor, Postmortem, Why
from postmortems.models.parts import Named


def document_of(postmortem: Postmortem) -> doc.Document:
    """Everything, in a bounded number of queries."""
    factors = list(postmortem.factors.select_related("waiver_signer"))
    keys = {factor.pk: f"F{number}" for number, factor in enumerate(factors, 1)}
    return doc.Document(
        title=postmortem.title,
        happened_on=postmortem.happened_on,
        severity=postmortem.severity.level if postmortem.severity else "",
        assessed=postmortem.assessed.level if postmortem.assessed else "",
        stated_duration=postmortem.stated_duration,
        instants=doc.Instants(**{name: getattr(postmortem, name) for name in doc.INSTANTS}),
        authors=tuple(_named(row) for row in postmortem.authors.select_related("person")),
        services=(postmortem.service.name,) if postmortem.service else (),
        tags=tuple(postmortem.tags.values_list("word", flat=True)),
        summary=postmortem.summary,
        impact=_impact(postmortem),
        timeline=tuple(
            doc.TimelineItem(row.at.astimezone(UTC), row.text, row.entry_id) for row in postmortem.timeline.all()
        ),
        detection=postmortem.detection,
        root_cause=doc.RootCause(
            postmortem.root_cause,
            _waiver(postmortem.cause_waiver, postmortem.cause_waiver_signer, postmortem.cause_waiver_signer_name),
        ),
        five_whys=doc.FiveWhys(postmortem.symptom, _whys(list(postmortem.whys.all()))),
        factors=tuple(_factor(row, keys[row.pk]) for row in factors),
        went_well=postmortem.went_well,
        went_poorly=postmortem.went_poorly,
        got_lucky=postmortem.got_lucky,
        lessons=postmortem.lessons,
        gaps=tuple(doc.Gap(doc.GapKind(row.kind), row.text) for row in postmortem.gaps.all()),
        actions=tuple(_action(row, keys) for row in _actions(postmortem)),
        attendees=tuple(
            doc.Attendee(_named(row), row.role, row.attended) for row in postmortem.attendees.select_related("person")
        ),
        review=doc.Review(postmortem.review_at, postmortem.review_held_at),
    )


def _named(row: Named) -> doc.Person:
    return _person(row.person, row.name)


def _person(user: User | None, name: str = "") -> doc.Person:
    return doc.Person(str(user), user.username) if user else doc.Person(name)


def _impact(postmortem: Postmortem) -> doc.Impact:
    return doc.Impact(
        users_affected=postmortem.users_affected,
        revenue_amount=_amount(postmortem.revenue_amount),
        revenue_currency=postmortem.revenue_currency,
        error_budget_percent=_amount(postmortem.error_budget_percent),
        failed_requests=postmortem.failed_requests,
        support_tickets=postmortem.support_tickets,
        text=postmortem.impact_text,
    )


def _actions(postmortem: Postmortem) -> Iterable[ActionItem]:
    """In the order in which they were added: an export does not change with a date."""
    rows = postmortem.actions.select_related("owner", "approver").prefetch_related("factors")
    return rows.order_by("pk")


def _amount(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else plain_amount(amount)


def _maybe(user: User | None, name: str) -> doc.Person | None:
    return _person(user, name) if user or name else None


def _waiver(reason: str, signer: User | None, name: str) -> doc.Waiver | None:
    return doc.Waiver(reason, _maybe(signer, name)) if reason else None


def _factor(row: Factor, key: str) -> doc.Factor:
    kind = doc.FactorClass(row.factor_class) if row.factor_class else None
    return doc.Factor(key, row.text, kind, _waiver(row.waiver, row.waiver_signer, row.waiver_signer_name))


def _whys(rows: Sequence[Why]) -> tuple[doc.Why, ...]:
    """The tree by parents; each why is in it once."""
    below: dict[int | None, list[Why]] = defaultdict(list)
    for row in rows:
        below[row.parent_id].append(row)

    def branch(parent: int | None) -> tuple[doc.Why, ...]:
        return tuple(doc.Why(row.text, row.is_cause, branch(row.pk)) for row in below.pop(parent, []))

    return branch(None)


def _action(row: ActionItem, keys: Mapping[int, str]) -> doc.Action:
    """`keys` of its postmortem's factors."""
    cause = (doc.ROOT_CAUSE,) if row.addresses_cause else ()
    return doc.Action(
        description=row.description,
        kind=doc.ActionKind(row.kind) if row.kind else None,
        owner=_maybe(row.owner, row.owner_name),
        priority=row.priority,
        due_on=row.due_on,
        status=doc.ActionStatus(row.status),
        addresses=(*cause, *(keys[factor.pk] for factor in row.factors.all())),
        link=row.link,
        evidence=row.evidence,
        reason=row.reason,
        approver=_maybe(row.approver, row.approver_name),
    )

"""Action items: one owner, a date that moves only with a reason, and an end that can be seen."""

from datetime import date, timedelta

import pytest

from incidents.lifecycle import NotAllowed, Refused
from postmortems import actions
from postmortems.models import ActionItem, Postmortem
from tests import cast
from tests.cast import NOW
from tests.postmortems.writing import LATER, action, now_of


@pytest.mark.parametrize(("priority", "days"), [("P1", 14), ("P2", 30), ("P3", 60), ("P4", 90)])
def test_the_due_date_follows_from_the_priority(
    postmortem: Postmortem, company: cast.Platform, priority: str, days: int
) -> None:
    made = action(postmortem, company.ana, priority=priority)
    assert made.due_on == NOW.date() + timedelta(days=days)


def test_a_stated_date_counts_and_without_a_priority_there_is_none(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    assert action(postmortem, company.ana, due_on=date(2026, 3, 1)).due_on == date(2026, 3, 1)
    assert action(postmortem, None, priority="", owner_name="the vendor").due_on is None


def test_its_owner_works_on_it_without_any_permission(postmortem: Postmortem, company: cast.Platform) -> None:
    made = action(postmortem, company.cy)
    cy = now_of(company.cy)
    made = actions.begin(made, cy, LATER)
    made = actions.block(made, "waits for the vendor", cy, LATER)
    assert (made.status, made.reason) == ("blocked", "waits for the vendor")
    made = actions.finish(made, "see the test", cy, LATER)
    assert (made.status, made.finished_at, made.evidence) == ("done", LATER, "see the test")
    made = actions.reopen(made, "it came back", cy, LATER)
    assert (made.status, made.finished_at) == ("open", None)


def test_who_only_looks_on_changes_nothing(postmortem: Postmortem, company: cast.Platform) -> None:
    made, cy = action(postmortem, company.ana), now_of(company.cy)
    for verb in (
        lambda: actions.begin(made, cy, LATER),
        lambda: actions.finish(made, "e", cy, LATER),
        lambda: actions.move(made, date(2026, 9, 1), "r", cy, LATER),
        lambda: actions.assign(made, company.cy, "r", cy, LATER),
        lambda: actions.edit(made, {"priority": "P4"}, cy, LATER),
        lambda: actions.add(postmortem, {"description": "x"}, cy, LATER),
    ):
        with pytest.raises(NotAllowed):
            verb()


def test_wont_do_is_approved_by_somebody_who_may_and_not_by_its_owner(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    made = action(postmortem, company.ana)
    with pytest.raises(NotAllowed):
        actions.decline(made, "too dear", now_of(company.ana), LATER)
    made = actions.decline(made, "too dear", now_of(company.zoe), LATER)
    assert (made.status, made.reason, made.approver) == ("wont_do", "too dear", company.zoe)


def test_done_needs_evidence_and_a_move_a_reason(postmortem: Postmortem, company: cast.Platform) -> None:
    made = action(postmortem, company.ana)
    with pytest.raises(Refused) as refused:
        actions.finish(made, " ", None, LATER)
    assert refused.value.field == "evidence"
    with pytest.raises(Refused) as refused:
        actions.move(made, date(2026, 9, 1), "", None, LATER)
    assert refused.value.field == "reason"
    with pytest.raises(Refused) as refused:
        actions.move(made, date(2025, 9, 1), "why", None, LATER)
    assert refused.value.field == "to_on"


def test_each_move_of_the_date_is_kept(postmortem: Postmortem, company: cast.Platform) -> None:
    made = action(postmortem, company.ana, due_on=date(2026, 2, 1))
    made = actions.move(made, date(2026, 2, 10), "ill", now_of(company.ana), LATER)
    made = actions.move(made, date(2026, 2, 20), "vendor", now_of(company.ana), LATER)
    assert made.due_on == date(2026, 2, 20)
    assert [(str(move), move.reason, move.by_name) for move in made.moves.all()] == [
        ("2026-02-01 → 2026-02-10", "ill", "Ana"),
        ("2026-02-10 → 2026-02-20", "vendor", "Ana"),
    ]


def test_handing_it_over_needs_a_reason_taking_what_is_nobodys_does_not(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    made = action(postmortem, None, owner_name="ops")
    made = actions.assign(made, company.ana, "", now_of(company.bo), LATER)
    assert (made.owner, made.owner_name) == (company.ana, "")
    with pytest.raises(Refused):
        actions.assign(made, company.bo, "", now_of(company.bo), LATER)
    company.bo.is_active = False
    company.bo.save()
    with pytest.raises(Refused) as refused:
        actions.assign(made, company.bo, "he knows it", None, LATER)
    assert refused.value.field == "owner"


def test_values_are_judged_and_the_web_alone_is_linked(postmortem: Postmortem, company: cast.Platform) -> None:
    made = action(postmortem, company.ana)
    for values, field in (
        ({"priority": "P9"}, "priority"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"description": ""}, "description"),
        ({"status": "done"}, "status"),
    ):
        with pytest.raises(Refused) as refused:
            actions.edit(made, values, None, LATER)
        assert refused.value.field == field
    assert ActionItem.objects.get().priority == "P2"


def test_what_is_finished_is_not_moved_and_not_finished_again(postmortem: Postmortem, company: cast.Platform) -> None:
    made = actions.finish(action(postmortem, company.ana), "done", None, LATER)
    for verb in (
        lambda: actions.finish(made, "again", None, LATER),
        lambda: actions.move(made, date(2026, 9, 1), "why", None, LATER),
        lambda: actions.assign(made, company.bo, "why", None, LATER),
    ):
        with pytest.raises(Refused) as refused:
            verb()
        assert refused.value.conflict

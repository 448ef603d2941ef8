"""A due date that moves a second time is the manager's to know, once."""

from datetime import date, timedelta

from oncall.models import Notification
from postmortems import actions
from postmortems.engine import chase
from postmortems.models import Postmortem
from tests import cast
from tests.postmortems.writing import LATER, action

DUE = date(2026, 2, 20)


def second_moves() -> list[Notification]:
    return list(Notification.objects.filter(key__startswith="moved:").order_by("pk"))


def test_the_second_move_of_a_date_tells_the_manager_once(postmortem: Postmortem, company: cast.Platform) -> None:
    made = action(postmortem, company.ana, due_on=DUE, description="Add the index")
    for number in range(1, 5):
        day = DUE + timedelta(days=14 * number)
        actions.move(made, day, f"vendor, {number}", company.ana, LATER + timedelta(hours=number))
        for _beat in range(2):
            chase.run(LATER + timedelta(hours=number, minutes=1))
        assert len(second_moves()) == (number > 1)
    (row,) = second_moves()
    assert row.person == company.zoe
    assert "Fri 20 Feb 2026 → Fri 6 Mar 2026 → Fri 20 Mar 2026" in row.text
    assert "Ana: vendor, 2" in row.text


def test_second_moves_of_many_are_one_message_and_who_moved_them_is_not_told(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    made = [action(postmortem, company.ana, due_on=DUE, description=f"a{n}") for n in range(3)]
    for days in (7, 14):
        for each in made:
            by = company.zoe if each == made[0] else None
            actions.move(each, DUE + timedelta(days=days), "re-planned", by, LATER)
    chase.run(LATER)
    (row,) = second_moves()
    assert row.title == "2 due dates moved a second time"
    assert "a0" not in row.text

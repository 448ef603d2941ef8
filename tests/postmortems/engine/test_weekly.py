"""One digest a week for each manager, for the ops meeting: each Monday at nine where they live."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall.engine import handoffs, shifts
from oncall.models import ContactMethod, Notification, NotificationRule, TeamMember, User
from postmortems import actions, publishing
from postmortems.engine import chase
from postmortems.models import ActionItem, DigestClock, Postmortem, SentDigest
from tests import cast
from tests.cast import NOW
from tests.postmortems.writing import LATER, action, whole

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 1, 26, 9, tzinfo=UTC)  # Lisbon is at UTC in winter


def sent(person: User | None = None) -> list[Notification]:
    rows = Notification.objects.filter(key__startswith="digest:actions_manager:").order_by("pk")
    return list(rows.filter(person=person) if person else rows)


def lines(row: Notification) -> list[str]:
    return row.text.splitlines()


def test_it_counts_what_happened_in_the_week(postmortem: Postmortem, company: cast.Platform) -> None:
    old = action(postmortem, company.ana, due_on=date(2026, 1, 20), description="Late one")
    action(postmortem, company.ana, due_on=date(2026, 3, 20), description="Far one")
    done = action(postmortem, company.bo, due_on=date(2026, 1, 21), description="Done one")
    gone = action(postmortem, company.bo, due_on=date(2026, 1, 22), description="Given up")
    moved = action(postmortem, company.bo, due_on=date(2026, 1, 23), description="Moved one")
    early = action(postmortem, company.bo, due_on=date(2026, 2, 28), description="Early one")
    before = action(postmortem, company.bo, due_on=date(2026, 1, 16), description="Of the week before")
    ActionItem.objects.filter(pk=old.pk).update(created_at=MONDAY - 40 * DAY)
    actions.finish(before, "see", None, MONDAY - 8 * DAY)
    actions.finish(done, "see", None, MONDAY - 3 * DAY)
    actions.finish(early, "see", None, MONDAY - 2 * DAY)
    actions.decline(gone, "retired", company.zoe, MONDAY - 2 * DAY)
    actions.move(moved, date(2026, 2, 6), "vendor is late", company.bo, MONDAY - 4 * DAY)
    chase.run(LATER)
    chase.run(MONDAY)
    (row,) = sent()
    assert row.person == company.zoe
    assert row.title == "Actions this week: 3 open, 1 overdue"
    for line in (
        "open: 3",
        "overdue: 1",
        "completed this week: 2",
        "due dates moved this week: 1",
        "done of those due (1 of 2): 50 %",
        "age of the oldest open one: 40 days",
        "postmortems late: 1",
        "handoffs unsigned: 0",
    ):
        assert line in lines(row), row.text
    assert "• Late one · P2 · 6 days late (due Tue 20 Jan 2026) · Ana · PM-2026-0001" in lines(row)
    assert "• Moved one · Fri 23 Jan 2026 → Fri 6 Feb 2026 · Bo: vendor is late" in lines(row)
    assert any("PM-2026-0001" in line and "to be published by" in line for line in lines(row))
    assert "Far one" not in row.text


def test_handoffs_nobody_signed_are_named(company: cast.Platform) -> None:
    for days in range(8):
        shifts.settle([company.schedule.pk], NOW + days * DAY)
        handoffs.run(NOW + days * DAY)
    chase.run(NOW)
    chase.run(MONDAY)
    (row,) = sent()
    assert any(line.startswith("handoffs unsigned: ") and not line.endswith(" 0") for line in lines(row))
    assert any(line.startswith("• Platform · primary · Ana · ") for line in lines(row)), row.text


def test_who_cannot_be_reached_is_a_line_of_it(postmortem: Postmortem, company: cast.Platform) -> None:
    NotificationRule.objects.filter(user=company.ana).delete()
    ContactMethod.objects.filter(user=company.ana).delete()
    User.objects.filter(pk=company.ana.pk).update(email="")
    action(postmortem, company.ana, due_on=date(2026, 3, 20))
    chase.run(LATER)
    chase.run(MONDAY)
    (row,) = sent()
    assert "• Ana · has no verified contact method and no mail address · owns 1 open action item" in lines(row)


def test_a_week_with_nothing_to_tell_is_silent(company: cast.Platform) -> None:
    chase.run(NOW)
    chase.run(MONDAY)
    assert sent() == []


def test_of_another_team_nothing_is_told(postmortem: Postmortem, company: cast.Platform) -> None:
    other = cast.person("yan")
    cast.team("Search", manager=other)
    action(postmortem, company.ana)
    chase.run(LATER)
    chase.run(MONDAY)
    assert [row.person for row in sent()] == [company.zoe]


def test_what_has_no_manager_is_told_to_one_of_the_group(postmortem: Postmortem, company: cast.Platform) -> None:
    company.team.manager = None
    company.team.save()
    action(postmortem, company.ana)
    chase.run(LATER)
    chase.run(MONDAY)
    assert [row.person for row in sent()] == [company.zoe], "the one of the group Manager"


def test_a_private_incident_is_neither_named_nor_counted(postmortem: Postmortem, company: cast.Platform) -> None:
    made = action(postmortem, company.bo, due_on=date(2026, 1, 20), description="zqwx")
    actions.move(made, date(2026, 1, 23), "zqwx", company.bo, MONDAY - 5 * DAY)
    incident = postmortem.incident
    assert incident is not None
    incident.private = True
    incident.save()
    chase.run(LATER)
    chase.run(MONDAY)
    assert sent() == []
    action(postmortem, company.bo, due_on=date(2026, 1, 21), description="zqwx")
    incident.responders.create(person=company.zoe, added_at=NOW)
    chase.run(MONDAY + 7 * DAY)
    (row,) = sent()
    assert "open: 2" in lines(row)
    assert "zqwx" not in row.text + row.letter
    assert "Database down" not in row.text + row.letter


@pytest.mark.parametrize("zone", ["Europe/Lisbon", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"])
@pytest.mark.parametrize("around", [date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1)])
def test_two_beats_and_a_clock_set_back_on_the_nights_of_changes_send_one_a_week(
    postmortem: Postmortem, company: cast.Platform, zone: str, around: date
) -> None:
    User.objects.filter(pk=company.zoe.pk).update(timezone=zone)
    action(postmortem, company.ana, due_on=date(2027, 1, 1))
    start = datetime(around.year, around.month, around.day, tzinfo=UTC) - 3 * DAY
    chase.run(start)
    at = start
    while at < start + 14 * DAY:
        chase.run(at)
        chase.run(at)
        if at.hour % 6 == 0:
            chase.run(at - HOUR)
        at += HOUR
    rows = sent(company.zoe)
    assert len(rows) == SentDigest.objects.filter(kind="actions_manager").count() == 2
    assert [due_at.strftime("%a") for due_at in (row.created_at.astimezone(UTC) for row in rows)] in (
        ["Mon", "Mon"],
        ["Sun", "Sun"],  # Auckland's Monday begins on UTC's Sunday
    )


def test_a_clock_that_lost_its_last_word_sends_nothing_again(postmortem: Postmortem, company: cast.Platform) -> None:
    action(postmortem, company.ana)
    chase.run(LATER)
    chase.run(MONDAY)
    DigestClock.objects.update(weekly_at=MONDAY)
    chase.run(MONDAY + HOUR)
    assert len(sent()) == 1


def test_many_managers_cost_no_more_questions_than_few(postmortem: Postmortem, company: cast.Platform) -> None:
    for number in range(5):
        action(postmortem, company.ana, description=f"a{number}")
    chase.run(LATER)

    def asked(at: datetime, teams: int) -> int:
        for number in range(teams):
            cast.team(f"T{at.day} {number}", manager=cast.person(f"m{at.day}x{number}"))
        chase.run(at - DAY)
        with CaptureQueriesContext(connection) as queries:
            chase.run(at)
        return len(queries)

    few = asked(MONDAY, 2)
    assert asked(MONDAY + 7 * DAY, 30) <= few


def test_a_postmortem_published_in_time_is_not_late(postmortem: Postmortem, company: cast.Platform) -> None:
    publishing.publish(whole(postmortem, company.ana), None, LATER)
    chase.run(LATER)
    chase.run(MONDAY)
    (row,) = sent()
    assert "postmortems late: 0" in lines(row)
    assert TeamMember.objects.filter(team=company.team).exists()

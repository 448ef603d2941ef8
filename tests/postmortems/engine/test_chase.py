"""One digest per owner and day at nine where they live, only when something is owed; what stays undone goes up."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from oncall import keys
from oncall.models import ContactMethod, Notification, NotificationRule, User
from postmortems import actions
from postmortems.engine import chase
from postmortems.logic import due
from postmortems.models import ActionItem, DigestClock, Postmortem, SentDigest
from tests import cast
from tests.postmortems.writing import LATER, action

HOUR = timedelta(hours=1)
DUE = date(2026, 2, 20)


def sent(person: User | None = None) -> list[Notification]:
    """A day's messages; the weekly ones are walked through elsewhere."""
    rows = Notification.objects.filter(kind="digest").exclude(key__startswith="digest:actions_manager:").order_by("pk")
    return list(rows.filter(person=person) if person else rows)


def walk(start: datetime, days: float, step: timedelta = 3 * HOUR) -> None:
    """A beat every three hours from midnight; three o'clock, six, nine …"""
    at = start
    while at < start + timedelta(days=days):
        chase.run(at)
        at += step


def days_of(person: User) -> list[str]:
    return [f"{row.created_at:%m-%d %H}" for row in sent(person)]


def test_the_owner_hears_seven_days_before_the_day_before_on_the_day_and_then_weekly(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    action(postmortem, company.ana, due_on=DUE, priority="P4")
    walk(datetime(2026, 2, 12, tzinfo=UTC), 32)
    # Lisbon is at UTC in winter.
    assert days_of(company.ana) == ["02-13 09", "02-19 09", "02-20 09", "02-27 09", "03-06 09", "03-13 09"]


@pytest.mark.parametrize(
    ("zone", "hour"), [("America/New_York", "14"), ("Asia/Kolkata", "04"), ("Pacific/Auckland", "20")]
)
def test_nine_is_nine_where_they_live(postmortem: Postmortem, company: cast.Platform, zone: str, hour: str) -> None:
    User.objects.filter(pk=company.ana.pk).update(timezone=zone)
    company.ana.refresh_from_db()
    action(postmortem, company.ana, due_on=DUE)
    walk(datetime(2026, 2, 12, 12, tzinfo=UTC), 1.2, HOUR)
    assert [row.created_at.strftime("%H") for row in sent(company.ana)] == [hour]


@pytest.mark.parametrize("night", [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)])
def test_on_the_nights_of_both_changes_of_the_clock_it_is_one_a_day(
    postmortem: Postmortem, company: cast.Platform, night: datetime
) -> None:
    for offset in range(4):
        action(postmortem, company.ana, due_on=night.date() + timedelta(days=offset), description=f"a{offset}")
    at = night
    while at < night + timedelta(days=4):  # two beats, each half hour of the mornings
        if 6 <= at.hour <= 11:
            chase.run(at)
        chase.run(at)
        at += timedelta(minutes=30) if 6 <= at.hour <= 11 else HOUR
    days = [f"{row.created_at:%m-%d}" for row in sent(company.ana)]
    assert len(days) == len(set(days)) == 4
    assert {row.created_at.hour for row in sent(company.ana)} <= {8, 9}


def test_a_clock_set_back_an_hour_and_a_killed_beat_send_nothing_twice(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    action(postmortem, company.ana, due_on=DUE)
    chase.run(LATER)
    at = datetime(2026, 2, 20, 9, 5, tzinfo=UTC)
    chase.run(at)
    chase.run(at - HOUR)
    DigestClock.objects.update(daily_at=at)  # as if its last word was lost
    ActionItem.objects.update(reminded_on=None)
    chase.run(at)
    assert len(sent(company.ana)) == 1
    assert SentDigest.objects.filter(person=company.ana).count() == 1


def test_several_actions_are_one_message_and_what_is_done_is_not_in_it(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    action(postmortem, company.ana, due_on=DUE, description="First")
    action(postmortem, company.ana, due_on=DUE - timedelta(days=3), description="Late")
    done = action(postmortem, company.ana, due_on=DUE, description="Finished")
    actions.finish(done, "see", None, LATER)
    chase.run(LATER)
    chase.run(datetime(2026, 2, 20, 9, tzinfo=UTC))
    (row,) = sent(company.ana)
    assert "First" in row.text
    assert "Late" in row.text
    assert "3 days late" in row.text
    assert "Finished" not in row.text
    assert row.link.endswith("/board/?owner=me")


@pytest.mark.parametrize(("priority", "days"), [("P1", 3), ("P2", 7), ("P3", 14), ("P4", 14)])
def test_it_goes_up_to_the_manager_by_priority_once(
    postmortem: Postmortem, company: cast.Platform, priority: str, days: int
) -> None:
    action(postmortem, company.ana, due_on=DUE, priority=priority)
    walk(datetime(2026, 2, 20, tzinfo=UTC), 16)
    assert days_of(company.zoe) == [f"{DUE + timedelta(days=days):%m-%d} 09"]
    assert "Ana" in sent(company.zoe)[0].text


def test_a_person_without_an_address_is_reported_to_their_manager(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    NotificationRule.objects.filter(user=company.ana).delete()
    ContactMethod.objects.filter(user=company.ana).delete()
    User.objects.filter(pk=company.ana.pk).update(email="")
    action(postmortem, company.ana, due_on=DUE, description="Add the index")
    walk(datetime(2026, 2, 13, tzinfo=UTC), 1)
    (row,) = sent()
    assert (row.person, "Ana cannot be reached" in row.title, "Add the index" in row.text) == (company.zoe, True, True)
    assert not SentDigest.objects.get(person=company.ana).reached


def test_a_moved_date_reminds_anew(postmortem: Postmortem, company: cast.Platform) -> None:
    made = action(postmortem, company.ana, due_on=DUE, priority="P4")
    walk(datetime(2026, 2, 20, tzinfo=UTC), 1)
    actions.move(made, date(2026, 3, 20), "vendor", None, datetime(2026, 2, 20, 12, tzinfo=UTC))
    walk(datetime(2026, 2, 21, tzinfo=UTC), 30)
    assert days_of(company.ana) == ["02-20 09", "03-13 09", "03-19 09", "03-20 09"]


def test_words_of_a_private_incident_are_in_no_message(postmortem: Postmortem, company: cast.Platform) -> None:
    incident = postmortem.incident
    assert incident is not None
    action(postmortem, company.bo, due_on=DUE, description="zqwx", priority="P1")
    incident.private = True
    incident.save()
    walk(datetime(2026, 2, 13, tzinfo=UTC), 14)
    assert {row.person for row in sent()} == {company.bo}, "the manager is not on it"
    assert all("zqwx" not in row.text for row in sent())


def own(person: User, **contacts: str) -> None:
    """These contact methods, verified, and nothing else."""
    NotificationRule.objects.filter(user=person).delete()
    ContactMethod.objects.filter(user=person).delete()
    User.objects.filter(pk=person.pk).update(email="")
    for slug, address in contacts.items():
        cast.contact(person, slug, address)


def test_many_owners_cost_no_more_questions_than_few(postmortem: Postmortem, company: cast.Platform) -> None:
    def asked(people: int, day: datetime) -> int:
        for number in range(people):
            owner = cast.person(f"p{day.day}{number}")
            for each in range(3):
                action(postmortem, owner, due_on=day.date(), description=f"a{each}")
        chase.run(LATER)
        before = len(sent())
        with CaptureQueriesContext(connection) as queries:
            chase.run(day)
        assert len(sent()) - before == people
        return len(queries)

    few = asked(3, datetime(2026, 2, 20, 9, tzinfo=UTC))
    assert asked(40, datetime(2026, 2, 21, 9, tzinfo=UTC)) <= few


def test_who_left_is_reported_to_their_manager(postmortem: Postmortem, company: cast.Platform) -> None:
    action(postmortem, company.ana, due_on=DUE, description="Add the index")
    User.objects.filter(pk=company.ana.pk).update(is_active=False)
    walk(datetime(2026, 2, 20, tzinfo=UTC), 1)
    (row,) = sent()
    assert row.person == company.zoe
    assert "Ana has left" in row.text
    assert "Add the index" in row.text


def test_without_any_manager_who_cannot_be_reached_is_told_to_the_fallback(
    postmortem: Postmortem, company: cast.Platform, settings: Settings
) -> None:
    settings.FALLBACK_CHANNEL_URL = "mailto:ops@example.org"
    nobody_answers(company)
    own(company.ana)
    action(postmortem, company.ana, due_on=DUE, description="Add the index")
    walk(datetime(2026, 2, 20, tzinfo=UTC), 1)
    (row,) = sent()
    assert (row.person, row.address) == (None, "mailto:ops@example.org")
    assert "Ana cannot be reached" in row.title


def test_a_manager_who_cannot_be_reached_is_stood_in_for(postmortem: Postmortem, company: cast.Platform) -> None:
    own(company.zoe)
    company.dee.groups.add(Group.objects.get(name="Manager"))
    action(postmortem, company.ana, due_on=DUE, priority="P1")
    walk(datetime(2026, 2, 21, tzinfo=UTC), 4)
    (row,) = [each for each in sent() if each.person != company.ana]
    assert (row.person, row.title) == (company.dee, "1 action item is long overdue")


def test_a_managers_own_action_goes_up_to_another(postmortem: Postmortem, company: cast.Platform) -> None:
    company.dee.groups.add(Group.objects.get(name="Manager"))
    action(postmortem, company.zoe, due_on=DUE, priority="P1")
    walk(datetime(2026, 2, 23, tzinfo=UTC), 1)
    assert "1 action item is long overdue" in [row.title for row in sent(company.dee)]


def test_nobodys_action_goes_up_too(postmortem: Postmortem, company: cast.Platform) -> None:
    action(postmortem, None, due_on=DUE, priority="P1", owner_name="the vendor")
    walk(datetime(2026, 2, 21, tzinfo=UTC), 4)
    (row,) = sent(company.zoe)
    assert "the vendor" in row.text


def test_a_mail_has_each_actions_link_which_no_row_holds(postmortem: Postmortem, company: cast.Platform) -> None:
    made = action(postmortem, company.ana, due_on=DUE)
    walk(datetime(2026, 2, 20, tzinfo=UTC), 1)
    (row,) = sent(company.ana)
    stored = keys.reader_link("action", made.pk)
    assert stored in row.text
    assert stored in row.letter
    signed = keys.for_reader(row.text, row.person_id, row.created_at)
    token = signed.split("/l/")[1].split("/")[0]
    link = keys.read_signed_link(token)
    assert link is not None
    assert (link.purpose, link.number, int(link.stamp, 16)) == ("action", made.pk, company.ana.pk)
    assert keys.for_reader(row.text, None, row.created_at) == row.text


def test_what_is_no_mail_gets_a_short_text(postmortem: Postmortem, company: cast.Platform) -> None:
    own(company.ana, push="ntfys://ntfy.sh/ana")
    for number in range(8):
        action(postmortem, company.ana, due_on=DUE, description=f"Action {number}")
    walk(datetime(2026, 2, 20, tzinfo=UTC), 1)
    (row,) = sent(company.ana)
    assert (row.transport, row.letter) == ("apprise", "")
    assert "8 due today" in row.text
    assert "and 3 more" in row.text
    assert "/l/" not in row.text
    assert len(row.text) < 700


def test_a_worker_killed_between_message_and_mark_sends_once(
    postmortem: Postmortem, company: cast.Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    action(postmortem, company.ana, due_on=DUE)
    chase.run(LATER)
    at = datetime(2026, 2, 20, 9, tzinfo=UTC)
    with monkeypatch.context() as patched:
        patched.setattr(due, "next_digest_at", lambda now, zone: 1 / 0)  # after the messages were posted
        chase.run(at)
    assert sent() == []
    for _beat in range(2):
        chase.run(at + timedelta(minutes=1))
    assert len(sent(company.ana)) == 1


def nobody_answers(company: cast.Platform) -> None:
    company.team.manager = company.team.lead = None
    company.team.save()
    company.zoe.groups.clear()

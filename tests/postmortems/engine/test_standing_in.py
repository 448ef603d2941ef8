"""Where nobody manages a team, what managers are told is told to somebody else, and never to nobody."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from oncall.models import Notification, User
from postmortems import actions
from postmortems.engine import chase
from postmortems.models import ActionItem, Postmortem
from tests import cast
from tests.postmortems.writing import LATER, action

DAY = timedelta(days=1)
DUE = date(2026, 2, 20)
LONG_AFTER = datetime(2026, 2, 23, 9, tzinfo=UTC)  # a Monday, three days overdue


@pytest.fixture(autouse=True)
def unmanaged(company: cast.Platform, settings: Settings) -> None:
    settings.FALLBACK_CHANNEL_URL = "mailto:ops@example.org"
    company.team.manager = None
    company.team.save()
    company.zoe.groups.clear()


def nobody_leads(company: cast.Platform) -> None:
    company.team.lead = None
    company.team.save()


def root() -> User:
    return User.objects.create(username="root", name="Root", email="root@example.org", is_superuser=True)


def told(about: str) -> list[tuple[str, str]]:
    """(to whom, title) of the messages whose key begins so."""
    rows = Notification.objects.filter(kind="digest", key__startswith=about).order_by("pk")
    return [(row.person.username if row.person else row.address, row.title) for row in rows]


def moved_twice(postmortem: Postmortem, owner: User | None) -> ActionItem:
    made = action(postmortem, owner, due_on=DUE)
    for number in (1, 2):
        actions.move(made, DUE + number * 7 * DAY, "vendor", None, LATER)
    return made


def test_without_a_manager_the_team_lead_is_told_of_a_second_move(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    moved_twice(postmortem, company.ana)
    chase.run(LATER)
    assert told("moved:") == [("dee", "A due date moved a second time")]


def test_without_a_lead_either_a_superuser_is_told_of_a_second_move(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    nobody_leads(company)
    root()
    moved_twice(postmortem, company.ana)
    chase.run(LATER)
    assert told("moved:") == [("root", "A due date moved a second time")]


def test_without_anybody_the_fallback_channel_is_told_of_second_moves_once(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    nobody_leads(company)
    for owner in (company.ana, None):
        moved_twice(postmortem, owner)
    for _beat in range(3):
        chase.run(LATER)
    assert told("moved:") == [("mailto:ops@example.org", "2 due dates moved a second time")]


def test_a_leads_own_second_move_is_told_to_somebody_else(postmortem: Postmortem, company: cast.Platform) -> None:
    root()
    moved_twice(postmortem, company.dee)
    chase.run(LATER)
    assert [who for who, _title in told("moved:")] == ["root"]


def test_without_a_manager_the_lead_hears_what_is_long_overdue_and_the_week(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    action(postmortem, company.ana, due_on=DUE, priority="P1")
    chase.run(LATER)
    chase.run(LONG_AFTER)
    chase.run(LONG_AFTER + timedelta(minutes=1))
    assert told("digest:actions_escalation:") == [("dee", "1 action item is long overdue")]
    assert told("digest:actions_manager:") == [("dee", "Actions this week: 1 open, 1 overdue")]


def test_without_anybody_the_fallback_channel_hears_what_is_long_overdue_once(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    nobody_leads(company)
    action(postmortem, company.ana, due_on=DUE, priority="P1")
    action(postmortem, None, due_on=DUE, priority="P1", owner_name="the vendor")
    action(postmortem, company.ana, due_on=DUE, priority="P4", description="Not yet")
    chase.run(LATER)
    for days in range(3):
        chase.run(LONG_AFTER + days * DAY)
    assert told("digest:actions_escalation:") == [("mailto:ops@example.org", "2 action items are long overdue")]
    row = Notification.objects.get(key__startswith="digest:actions_escalation:")
    assert "Not yet" not in row.text
    assert "Ana" in row.text


def test_words_of_a_private_incident_reach_no_fallback_channel(postmortem: Postmortem, company: cast.Platform) -> None:
    nobody_leads(company)
    incident = postmortem.incident
    assert incident is not None
    made = action(postmortem, company.bo, due_on=DUE, priority="P1", description="zqwx")
    incident.private = True
    incident.save()
    for number in (1, 2):
        actions.move(made, DUE - number * DAY, "zqwx", None, LATER)
    chase.run(LATER)
    chase.run(LONG_AFTER)
    assert [who for who, _title in told("moved:")] == ["mailto:ops@example.org"]
    assert [who for who, _title in told("digest:actions_escalation:")] == ["mailto:ops@example.org"]
    for row in Notification.objects.filter(kind="digest", person=None):
        assert "zqwx" not in row.text + row.letter + row.title

"""What a handoff's messages say, and what they keep from whom."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group

from incidents import lifecycle
from incidents.engine import briefings
from incidents.models import Alert, Incident, Severity
from oncall import handoffs as verbs
from oncall.engine import handoffs, shifts
from oncall.models import HandoffSide, Notification
from oncall.paging import Actor
from tests import cast
from tests.cast import NOW
from tests.incidents import alerting

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FIRST = NOW + 6 * DAY
BY = Actor(None, "Test", "console")


@pytest.fixture
def company() -> cast.Platform:
    made = cast.platform()
    made.policy.steps.filter(targets__layer=made.secondary).delete()
    made.secondary.delete()
    return made


def declare(company: cast.Platform, title: str, after: timedelta, private: bool = False) -> Incident:
    severity = Severity.objects.get(level="SEV-2")
    return lifecycle.declare(title, company.service, BY, NOW + after, severity=severity, private=private)


def post() -> dict[str, str]:
    """Text by side."""
    shifts.run(FIRST - DAY)
    handoffs.run(FIRST - DAY)
    briefings.run(FIRST)
    rows = Notification.objects.filter(kind="handoff").values_list("key", "text")
    return {key.split(":")[2]: text for key, text in rows}


def section(text: str, heading: str) -> list[str]:
    """The lines under a heading."""
    parts = [part.split("\n") for part in text.split("\n\n")]
    return next((part[1:] for part in parts if part[0] == heading), [])


def test_who_takes_over_is_told_what_is_open_and_what_was(company: cast.Platform) -> None:
    old = declare(company, "Before the shift", -3 * DAY)
    lifecycle.resolve(old, BY, NOW - 2 * DAY)
    past = declare(company, "In the shift", DAY)
    lifecycle.resolve(past, BY, NOW + 2 * DAY)
    declare(company, "Still on", 3 * DAY)
    text = post()["incoming"]
    (line,) = section(text, "Open incidents:")
    assert "[SEV-2] Checkout: Still on (triggered, nobody has it, since Sat 17 Jan 2026 09:00 WET" in line
    (line,) = section(text, "Of the past shift:")
    assert "In the shift (resolved Fri 16 Jan 2026 09:00 WET" in line
    assert text.startswith("You are on call now: Platform · primary\n\nFrom Ana, at 09:00 WET (09:00 UTC).")


def test_quiet_is_said(company: cast.Platform) -> None:
    text = post()["incoming"]
    assert "No incident is open." in text and "No incident ended in the past shift." in text
    assert "Noisy" not in text and "runbooks" not in text


def test_another_teams_incidents_are_not_told(company: cast.Platform) -> None:
    lifecycle.declare("Theirs", alerting.service("Search"), BY, NOW, severity=Severity.objects.get(level="SEV-2"))
    assert "Theirs" not in post()["incoming"]


def test_private_incidents_are_told_to_whom_may_see_them(company: cast.Platform) -> None:
    declare(company, "Nobody must know", DAY, private=True)
    lifecycle.resolve(declare(company, "Nor of this", DAY, private=True), BY, NOW + 2 * DAY)
    company.bo.groups.add(Group.objects.get(name="Security"))
    texts = post()
    assert "Nobody must know" in texts["incoming"] and "Nor of this" in texts["incoming"]
    assert "Nobody must know" not in texts["outgoing"]
    assert not Notification.objects.filter(kind="handoff", private=False).exists()


def test_noise_and_changed_runbooks(company: cast.Platform) -> None:
    severity = Severity.objects.get(level="SEV-3")
    for number, (title, count) in enumerate([("Disk", 1), ("Disk", 1), ("Disk", 1), ("Load", 12), ("Once", 2)]):
        Alert.objects.create(
            service=company.service,
            title=title,
            dedup_key=f"{number}",
            count=count,
            severity=severity,
            started_at=NOW,
            first_seen_at=NOW,
            last_seen_at=NOW,
        )
    history = company.service.history.model.objects  # type: ignore[attr-defined]
    history.update(history_date=NOW - 9 * DAY)
    company.service.runbook_url = "https://runbooks.example.org/new"
    company.service.save()
    history.filter(runbook_url="https://runbooks.example.org/new").update(history_date=NOW)
    text = post()["incoming"]
    assert section(text, "Noisy alerts:") == [
        "- Checkout: Load (opened once, 12 events)",
        "- Checkout: Disk (opened 3 times, 3 events)",
    ]
    assert section(text, "Changed runbooks:") == ["- Checkout: https://runbooks.example.org/new"]


def test_the_note_is_told_and_the_request_for_it_ends(company: cast.Platform) -> None:
    shifts.run(FIRST - DAY)
    handoffs.run(FIRST - DAY)
    briefings.run(FIRST - DAY)
    assert "Please write a note" in Notification.objects.get(key__contains=":outgoing:1440:").text
    side = HandoffSide.objects.get(side="outgoing")
    verbs.write_note(side.pk, "The queue\nis slow.", FIRST - 2 * HOUR)
    briefings.run(FIRST - HOUR)
    assert "Your note so far:\nThe queue\nis slow." in Notification.objects.get(key__contains=":outgoing:60:").text
    assert "Note of Ana:\nThe queue\nis slow." in Notification.objects.get(key__contains=":incoming:60:").text
    verbs.sign(side.pk, None, FIRST - MINUTE)
    briefings.run(FIRST)
    assert not Notification.objects.filter(key__contains=":outgoing:0:").exists()


def test_what_is_left_unsigned_is_in_the_next_reminder(company: cast.Platform) -> None:
    post()
    assert "You have not signed yet" not in "".join(Notification.objects.values_list("text", flat=True))
    second = FIRST + 7 * DAY
    shifts.run(second - DAY)
    handoffs.run(second - DAY)
    briefings.run(second - DAY)
    text = Notification.objects.get(key__contains=":outgoing:1440:", person=company.bo).text
    (line,) = section(text, "You have not signed yet:")
    assert line.startswith("- Platform · primary, Tue 20 Jan 2026 09:00 WET (09:00 UTC): http://127.0.0.1:8000/l/")


def test_after_an_outage_one_message_goes_to_each(company: cast.Platform) -> None:
    shifts.run(FIRST - DAY - HOUR)
    handoffs.run(FIRST - DAY - HOUR)
    assert briefings.run(FIRST - DAY - MINUTE) == 0
    assert briefings.run(FIRST + HOUR) == 2
    assert briefings.run(FIRST + HOUR) == 0
    assert sorted(Notification.objects.filter(kind="handoff").values_list("key", flat=True)) == sorted(
        f"handoff:{side.handoff_id}:{side.side}:0:{side.person_id}" for side in HandoffSide.objects.all()
    )


def test_who_has_left_gets_nothing_and_nobody_waits_for_them(company: cast.Platform) -> None:
    shifts.run(FIRST - DAY)
    handoffs.run(FIRST - DAY)
    type(company.bo).objects.filter(pk=company.bo.pk).update(is_active=False)
    briefings.run(FIRST)
    assert set(Notification.objects.values_list("person__username", flat=True)) == {"ana"}


def test_a_schedule_that_is_gone_tells_nobody(company: cast.Platform) -> None:
    shifts.run(FIRST - DAY)
    handoffs.run(FIRST - DAY)
    company.policy.delete()
    company.schedule.delete()
    assert briefings.run(FIRST) == 0
    assert not Notification.objects.exists()

"""Who is proposed for a review is invited by mail, hears of each change, and of nothing else."""

from datetime import timedelta
from typing import Any

import icalendar
import pytest

from incidents.lifecycle import NotAllowed, Refused
from oncall.models import Notification, User
from postmortems import drafting, publishing
from postmortems.models import Postmortem
from tests import cast
from tests.cast import NOW
from tests.postmortems.writing import LATER, now_of, whole

AT = NOW + timedelta(days=2)
DAY = timedelta(days=1)


def invited(since: int = 0) -> list[Notification]:
    return list(Notification.objects.filter(pk__gt=since).exclude(calendar="").order_by("pk"))


def newest() -> int:
    return Notification.objects.latest("pk").pk


def event(message: Notification) -> tuple[str, Any]:
    """(the method, the event) as a calendar program reads them."""
    read: Any = icalendar.Calendar.from_ical(message.calendar)
    [found] = read.walk("VEVENT")
    return str(read["METHOD"]), found


def proposed(postmortem: Postmortem) -> list[User]:
    return [row.person for row in postmortem.attendees.select_related("person") if row.person]


def test_everybody_proposed_gets_an_invitation_that_a_calendar_understands(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    made = publishing.schedule_review(postmortem, AT, None, LATER, minutes=45, place="Room 5; “Öre”, 2nd floor")
    messages = invited()
    assert {message.person for message in messages} == set(proposed(made)) != set()
    for message in messages:
        method, read = event(message)
        assert (method, read["UID"], read["SEQUENCE"]) == ("REQUEST", f"review-{made.pk}@127.0.0.1", 1)
        assert (read.start, read.end - read.start) == (AT, timedelta(minutes=45))
        assert str(read["LOCATION"]) == "Room 5; “Öre”, 2nd floor"
        assert str(read["ATTENDEE"]) == f"mailto:{message.person.email}"  # type: ignore[union-attr]
        assert read["ATTENDEE"].params["RSVP"] == "TRUE"
        assert str(read["ORGANIZER"]) == f"mailto:{company.bo.email}"
        assert made.number in str(read["SUMMARY"])


def test_a_meeting_that_moves_keeps_its_uid_and_raises_its_sequence(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    made = publishing.schedule_review(postmortem, AT, None, LATER)
    before = newest()
    made = publishing.schedule_review(made, AT, None, LATER)
    assert invited(before) == [], "the same again tells nobody"
    made = publishing.schedule_review(made, AT + DAY, None, LATER)
    assert len(invited(before)) == len(proposed(made))
    uids = {str(event(message)[1]["UID"]) for message in invited()}
    assert len(uids) == 1
    assert {event(message)[1]["SEQUENCE"] for message in invited(before)} == {2}
    assert {message.title.split(":")[0] for message in invited(before)} == {"Invitation, changed"}


def test_a_cancelled_meeting_is_taken_back_and_its_clock_runs_again(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    made = publishing.schedule_review(postmortem, AT, None, LATER)
    before = newest()
    made = publishing.cancel_review(made, "too early", None, LATER)
    assert (made.review_at, made.review_scheduled_at, made.next_look_at) == (None, None, LATER)
    found = [event(message) for message in invited(before)]
    assert len(found) == len(proposed(made))
    assert {(method, str(read["STATUS"]), read["SEQUENCE"]) for method, read in found} == {("CANCEL", "CANCELLED", 2)}
    with pytest.raises(Refused, match="no meeting"):
        publishing.cancel_review(made, "again", None, LATER)
    before = newest()
    publishing.schedule_review(made, AT, None, LATER)
    assert {event(message)[1]["SEQUENCE"] for message in invited(before)} == {3}


def test_who_is_proposed_later_is_invited_and_who_is_taken_out_is_told_and_nobody_else(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    made = publishing.schedule_review(postmortem, AT, None, LATER)
    kept, gone = proposed(made)[0], proposed(made)[1:]
    rows = [{"person": kept, "name": ""}, {"person": company.cy, "name": ""}, {"person": None, "name": "A guest"}]
    made = drafting.put(made, made.version, "attendees", rows, None, LATER)
    before = newest()
    made = publishing.invite(made, now_of(company.bo), LATER)
    told = {message.person: event(message)[0] for message in invited(before)}
    assert told == {company.cy: "REQUEST"} | dict.fromkeys(gone, "CANCEL")
    before = newest()
    publishing.invite(made, now_of(company.bo), LATER)
    assert invited(before) == []


def test_who_may_not_see_a_private_one_is_not_invited_and_its_title_stays_in_the_console(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    incident: Any = postmortem.incident
    incident.private = True
    incident.save()
    rows = [{"person": company.bo, "name": ""}, {"person": company.cy, "name": ""}]
    made = drafting.put(postmortem, postmortem.version, "attendees", rows, None, LATER)
    publishing.schedule_review(made, AT, None, LATER)
    [message] = invited()
    assert message.person == company.bo
    assert message.private
    for words in (message.title, message.text, message.calendar):
        assert "Database down" not in words


def test_who_has_no_mailbox_is_told_in_words(postmortem: Postmortem, company: cast.Platform) -> None:
    User.objects.filter(pk=company.bo.pk).update(email="")
    rows = [{"person": company.bo, "name": ""}]
    made = drafting.put(postmortem, postmortem.version, "attendees", rows, None, LATER)
    publishing.schedule_review(made, AT, None, LATER)
    assert invited() == []
    told = Notification.objects.filter(person=company.bo, title__startswith="Invitation")
    assert told.count() == (1 if company.bo.contact_methods.filter(verified_at__isnull=False).exists() else 0)


def test_names_and_places_cannot_write_lines_of_their_own(postmortem: Postmortem, company: cast.Platform) -> None:
    User.objects.filter(pk=company.bo.pk).update(name='Bo" \r\nATTENDEE:mailto:evil@example.org;X="')
    rows = [{"person": now_of(company.bo), "name": ""}]
    made = drafting.put(postmortem, postmortem.version, "attendees", rows, None, LATER)
    publishing.schedule_review(made, AT, None, LATER, place="x\r\nATTENDEE:mailto:evil@example.org")
    [message] = invited()
    _method, read = event(message)
    assert str(read["ATTENDEE"]) == f"mailto:{company.bo.email}"
    assert message.calendar.count("\nATTENDEE") == 1
    assert all(len(line) <= 75 for line in message.calendar.encode().split(b"\r\n"))


def test_invitations_are_sent_by_who_may_write_and_for_what_is_to_come(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    with pytest.raises(Refused, match="no meeting"):
        publishing.invite(postmortem, None, LATER)
    made = publishing.schedule_review(postmortem, AT, None, LATER)
    for verb in (
        lambda: publishing.invite(made, now_of(company.cy), LATER),
        lambda: publishing.cancel_review(made, "x", now_of(company.cy), LATER),
    ):
        with pytest.raises(NotAllowed):
            verb()
    for minutes in (0, 1441):
        with pytest.raises(Refused) as refused:
            publishing.schedule_review(made, AT + DAY, None, LATER, minutes=minutes)
        assert refused.value.field == "minutes"
    held = publishing.publish(whole(made, company.ana), None, LATER)
    assert not {"invite", "cancel_review"} & set(publishing.possible(held))

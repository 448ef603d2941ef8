"""My on-call: one's own handoffs are signed and one's own calendars made; nobody else's."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oncall.engine import handoffs, shifts
from oncall.models import CalendarFeed, Handoff, HandoffSide
from tests import calling, cast

MINE = "/admin/my/"
HOUR = timedelta(hours=1)


@pytest.fixture
def handoff(company: cast.Platform) -> Handoff:
    """Ana hands over to Dee in an hour, and Dee hands back an hour later."""
    now = timezone.now()
    with shifts.settled([company.schedule.pk], now):
        cast.override(company.schedule, now + HOUR, now + 2 * HOUR, add=company.dee, remove=company.ana)
    handoffs.run(now)
    return Handoff.objects.earliest("at")


def act(client: Client, what: str, **values: object) -> str:
    return client.post(reverse("admin:oncall_mine_act", args=[what]), values, follow=True).content.decode()


def mine(handoff: Handoff, username: str) -> HandoffSide:
    return handoff.sides.get(username=username)


def test_a_note_is_kept_and_a_handoff_signed(
    company: cast.Platform, handoff: Handoff, signed_in: Callable[..., Client]
) -> None:
    client = signed_in(company.ana)
    assert "You hand over Platform · primary" in client.get(MINE).content.decode()
    side = mine(handoff, "ana")
    assert "The note is kept" in act(client, "note-handoff", id=side.pk, note="<b>Mind</b> the queue.")
    side.refresh_from_db()
    assert (side.note, side.signed_at) == ("<b>Mind</b> the queue.", None)
    assert "Signed: platform · primary" in act(client, "sign-handoff", id=side.pk, note=side.note)
    side.refresh_from_db()
    assert side.signed_at is not None
    page = signed_in(company.dee).get(MINE).content.decode()
    assert "&lt;b&gt;Mind&lt;/b&gt; the queue." in page and "<b>Mind" not in page


def test_nobody_signs_for_somebody_else(
    company: cast.Platform, handoff: Handoff, signed_in: Callable[..., Client]
) -> None:
    client, side = signed_in(company.bo, "Manager"), mine(handoff, "ana")
    for what in ("sign-handoff", "note-handoff"):
        assert client.post(reverse("admin:oncall_mine_act", args=[what]), {"id": side.pk}).status_code == 404
    side.refresh_from_db()
    assert (side.signed_at, side.note) == (None, "")


def test_a_calendar_is_made_shown_once_and_revoked(company: cast.Platform, signed_in: Callable[..., Client]) -> None:
    client = signed_in(company.ana)
    page = client.get(MINE).content.decode()
    assert "some only every 12 to 24 hours" in page and "Platform</option>" not in page
    shown = re.search(r"http://127\.0\.0\.1:8000(/calendars/\w{40}\.ics)", act(client, "make-calendar"))
    assert shown
    assert shown[1] not in client.get(MINE).content.decode()
    assert Client().get(shown[1]).status_code == 200
    assert "is revoked" in act(client, "revoke-calendar", id=CalendarFeed.objects.get().pk)
    assert Client().get(shown[1]).status_code == 404


def test_a_schedules_calendar_is_for_who_may_see_schedules(
    company: cast.Platform, signed_in: Callable[..., Client]
) -> None:
    path = reverse("admin:oncall_mine_act", args=["make-calendar"])
    assert signed_in(company.ana).post(path, {"schedule": company.schedule.pk}).status_code == 404
    client = signed_in(company.bo, "Viewer")
    assert "Platform</option>" in client.get(MINE).content.decode()
    assert client.post(path, {"schedule": company.schedule.pk}).status_code == 200
    assert CalendarFeed.objects.get().schedule == company.schedule
    for odd in ("x", "9" * 30, "-1", "99999"):
        assert client.post(path, {"schedule": odd}).status_code == 404


def test_another_persons_calendar_is_not_revoked(company: cast.Platform, signed_in: Callable[..., Client]) -> None:
    act(signed_in(company.ana), "make-calendar")
    feed = CalendarFeed.objects.get()
    act(signed_in(company.bo, "Manager"), "revoke-calendar", id=feed.pk)
    feed.refresh_from_db()
    assert feed.revoked_at is None


def test_the_list_says_who_has_signed_and_filters_the_unsigned(
    company: cast.Platform, handoff: Handoff, signed_in: Callable[..., Client]
) -> None:
    client = signed_in(company.zoe, "Viewer")
    address = reverse("admin:oncall_handoff_changelist")
    page = client.get(address).content.decode()
    assert "Ana" in page and "Dee" in page and "ahead" in page
    Handoff.objects.filter(pk=handoff.pk).update(at=timezone.now() - HOUR)
    HandoffSide.objects.filter(handoff=handoff, username="ana").update(signed_at=timezone.now())
    page = client.get(address + "?state=unsigned").content.decode()
    assert "Ana ✓" in page and "1 handoff" in page


def test_the_api_says_the_same_and_signs_for_oneself(company: cast.Platform, handoff: Handoff) -> None:
    viewer, ana, dee = calling.as_member("Viewer"), calling.caller(company.ana), calling.caller(company.dee)
    (listed,) = [row for row in viewer.get("/api/v1/handoffs/").json()["results"] if row["id"] == handoff.pk]
    assert (listed["schedule"], listed["layer"], listed["withdrawn_at"]) == ("platform", "primary", None)
    assert listed["outgoing"] == [{"person": "ana", "signed_at": None, "note": ""}]
    path = f"/api/v1/handoffs/{handoff.pk}/"
    assert ana.post(path + "note/", {"note": "Soon."}).json()["outgoing"][0]["note"] == "Soon."
    assert calling.fields_of(ana.post(path + "note/", {})) == ["note"]
    assert calling.fields_of(ana.post(path + "sign/", {"notes": "x"})) == ["notes"]
    assert ana.post(path + "sign/", {}).json()["outgoing"][0]["signed_at"] is not None
    assert viewer.post(path + "sign/", {}).status_code == 404
    assert calling.caller(company.dee, "read").post(path + "sign/", {}).status_code == 403
    assert dee.post(path + "sign/", {}).json()["incoming"][0]["signed_at"] is not None
    assert ana.get(path).status_code == 403, "to see handoffs is a right of its own"
    found = viewer.get("/api/v1/handoffs/", {"person": "dee", "schedule": "platform", "unsigned": "false"}).json()
    assert len(found["results"]) == 2
    Handoff.objects.filter(pk=handoff.pk).update(withdrawn_at=timezone.now())
    assert dee.post(path + "sign/", {}).status_code == 404

"""The only writer of timeline entries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import lifecycle, timeline
from incidents.models import Incident, Severity, TimelineEntry
from oncall.paging import Actor
from tests import cast
from tests.cast import NOW
from tests.incidents.lifecycle.playing import later


@pytest.fixture
def incident(db):
    platform = cast.platform()
    sev1 = Severity.objects.get(level="SEV-1")
    opening = lifecycle.Opening(platform.service.pk, sev1.pk, "Database down", NOW, NOW, NOW)
    return lifecycle.open_many([opening], NOW)[0]


def actor(username="ana"):
    user = cast.User.objects.get(username=username)
    return Actor(user, str(user), "phone")


def test_an_entry_says_who_through_what_and_when(incident):
    entry = timeline.add(incident, "note", "Looking", actor(), later(5), at=later(2))
    entry.refresh_from_db()
    assert (entry.at, entry.recorded_at) == (later(2), later(5))
    assert (entry.actor.username, entry.actor_name, entry.source) == ("ana", "Ana", "phone")


def test_without_an_actor_it_was_the_engine(incident):
    entry = timeline.add(incident, "held", "Waiting", None, NOW)
    assert (entry.actor, entry.actor_name, entry.source) == (None, "", "engine")


def test_the_past_reads_the_same_after_a_person_is_renamed_or_gone(incident):
    timeline.add(incident, "note", "Looking", actor("cy"), NOW)
    cast.User.objects.filter(username="cy").update(name="Somebody else")
    cast.LayerMember.objects.filter(user__username="cy").delete()
    cast.User.objects.get(username="cy").delete()
    entry = TimelineEntry.objects.get(kind="note")
    assert (entry.actor, entry.actor_name) == (None, "Cy")


def test_many_entries_are_one_insert(incident):
    entries = [timeline.entry(incident.pk, "alert", f"alert {n}", None, NOW) for n in range(50)]
    with CaptureQueriesContext(connection) as queries:
        timeline.add_many(entries)
    assert len(queries) == 1
    assert incident.timeline.filter(kind="alert").count() == 50


def test_what_senders_write_is_bounded_and_visible(incident):
    entry = timeline.add(incident, "alert", "a\x00\u202e" + "b" * 50_000, Actor(None, "x\n" * 200, "sender"), NOW)
    entry.refresh_from_db()
    assert entry.text.startswith("ab")
    assert len(entry.text) <= timeline.MAX_TEXT
    assert len(entry.actor_name) <= 150


def test_a_person_pushes_the_timeout_of_what_is_acknowledged_only(incident):
    timeline.add(incident, "note", "Looking", actor(), later(1))
    assert Incident.objects.get().ack_due_at is None
    Incident.objects.update(state="acknowledged", ack_due_at=later(60))
    timeline.add(incident, "alert", "again", Actor(None, "Events", "sender"), later(5))
    assert Incident.objects.get().ack_due_at == later(60)
    timeline.add(incident, "note", "Looking", actor(), later(10))
    assert Incident.objects.get().ack_due_at == later(70)
    assert incident.ack_due_at == later(70)

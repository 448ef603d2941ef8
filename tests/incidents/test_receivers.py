"""What an incident learns from its pages."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import lifecycle, receivers
from incidents.models import Incident, Severity, TimelineEntry
from oncall import paging
from oncall.models import Notification, Page
from oncall.signals import PageEvent, page_event, tell
from tests import cast
from tests.cast import NOW
from tests.incidents.lifecycle.playing import by, kinds, later, pages


@pytest.fixture
def company(db):
    return cast.platform()


@pytest.fixture
def opened(company):
    def make(level="SEV-1", **more):
        severity = Severity.objects.get(level=level)
        opening = lifecycle.Opening(company.service.pk, severity.pk, "Database down", NOW, NOW, NOW, **more)
        return lifecycle.open_many([opening], NOW)[0]

    return make


def event(incident, kind, at=NOW, user=None, people=(), text="…", page_id=None):
    who = (user.pk, str(user), "phone") if user else (None, "", "engine")
    return PageEvent(incident.subject, page_id, kind, at, *who, text, tuple(people))


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("paged", "paged"),
        ("unreached", "unreached"),
        ("fallback", "fallback"),
        ("sent", "sent"),
        ("told", "sent"),
        ("failed", "failed"),
    ],
)
def test_what_happens_to_a_page_is_a_line(opened, kind, written):
    incident = opened()
    tell([event(incident, kind, later(1), text="Paged Ana")])
    entry = incident.timeline.last()
    assert (entry.kind, entry.at, entry.text, entry.source) == (written, later(1), "Paged Ana", "engine")


@pytest.mark.parametrize("kind", ["held", "released", "resolved", "ended", "something new"])
def test_what_the_verbs_write_themselves_is_not_written_twice(opened, kind):
    incident = opened()
    before = kinds(incident)
    tell([event(incident, kind)])
    assert kinds(incident) == before


def test_a_batch_costs_the_same_however_many_events(opened):
    incident = opened()
    first = [event(incident, "paged", text="1")]
    many = [event(incident, "paged", text=str(n)) for n in range(60)]

    def statements(events):
        with CaptureQueriesContext(connection) as queries:
            tell(events)
        return len(queries)

    assert statements(first) == statements(many)
    assert kinds(incident).count("paged") == 61


def test_an_answer_reaches_the_incident_also_past_its_verbs(company, opened):
    incident = opened()
    paging.acknowledge(incident.subject, by(company.ana), later(3))
    incident.refresh_from_db()
    assert (incident.state, incident.acknowledged_by, incident.acknowledged_at) == (
        "acknowledged",
        company.ana,
        later(3),
    )
    assert incident.ack_due_at == later(63)
    assert incident.responders.get().person == company.ana
    assert kinds(incident).count("acknowledged") == 1


def test_one_answer_to_several_pages_is_one_line(company, opened):
    incident = opened()
    both = [event(incident, "acknowledged", user=company.ana, page_id=None) for _page in range(2)]
    tell(both)
    assert kinds(incident).count("acknowledged") == 1


def test_an_answer_leaves_what_is_further_on(company, opened):
    incident = opened()
    lifecycle.resolve(incident, paging.Actor(None, "Events", "sender"), later(1))
    tell([event(incident, "acknowledged", later(2), user=company.ana)])
    incident.refresh_from_db()
    assert (incident.state, incident.acknowledged_by) == ("resolved", None)


def test_whoever_is_paged_sees_a_private_incident_and_its_pages(company, opened):
    incident = opened(private=True)
    assert not Page.objects.visible_to(company.bo).exists()
    tell([event(incident, "paged", people=[company.ana.pk, company.bo.pk])])
    tell([event(incident, "paged", people=[company.bo.pk])])
    assert Incident.objects.visible_to(company.bo).get() == incident
    assert list(Page.objects.visible_to(company.bo)) == pages(incident)
    assert incident.responders.count() == 2


def test_events_of_other_subjects_and_of_what_is_gone_are_passed_over(opened):
    incident = opened()
    before = TimelineEntry.objects.count()
    for subject in ("handoff:1", "incident:", "incident:x", "incident:999999", "incident:" + "9" * 30):
        tell([PageEvent(subject, None, "paged", NOW, None, "", "engine", "…")])
    assert TimelineEntry.objects.count() == before
    assert incident.timeline.exists()


def test_a_receiver_never_raises_and_leaves_the_transaction_usable(opened, company):
    incident = opened()
    before = kinds(incident)
    broken = event(incident, "paged", people=[company.ana.pk, 10**9])
    receivers.hear([broken, event(incident, "paged", at=None)])  # an instant is missing: the row cannot be written
    assert kinds(incident) == before
    assert Incident.objects.filter(pk=incident.pk).exists()


def test_receivers_send_nothing(company, opened):
    incident = opened()
    before = Notification.objects.count()
    tell([event(incident, kind, user=company.ana) for kind in receivers.KINDS])
    assert Notification.objects.count() == before


def test_there_is_one_receiver(db):
    assert len(page_event.receivers) == 1

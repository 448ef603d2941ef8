"""Maintenance begins while a page runs: what its steps would still say waits, and goes on with it."""

from datetime import datetime

import pytest

from incidents import lifecycle
from incidents.engine import holds
from incidents.models import Incident, Maintenance, Severity
from oncall import outbox
from oncall.engine import escalate
from oncall.models import Notification, Page
from oncall.paging import Actor
from tests import cast
from tests.cast import NOW
from tests.incidents.lifecycle.playing import later

SENDER = Actor(None, "Events", "sender")


@pytest.fixture
def company(db: None) -> cast.Platform:
    return cast.platform()


@pytest.fixture
def paged(company: cast.Platform) -> Incident:
    """Ana was sent a mail, her telephone is to ring in five minutes; maintenance begins in two, for an hour."""
    phone = cast.contact(company.ana, "phone", "ntfys://ntfy.example.org/ana")
    cast.rule(company.ana, phone, delay=5)
    opening = lifecycle.Opening(company.service.pk, Severity.objects.get(level="SEV-1").pk, "Down", NOW, NOW, NOW)
    [incident] = lifecycle.open_many([opening], NOW)
    escalate.run(NOW)
    Maintenance.objects.create(service=company.service, starts_at=later(2), ends_at=later(62))
    return incident


def messages() -> list[tuple[str, datetime]]:
    rows = Notification.objects.filter(kind="page", person__username="ana").order_by("pk")
    return [(row.state, row.due_at) for row in rows]


def test_what_a_step_would_still_say_is_held_and_let_go_with_the_page(paged: Incident) -> None:
    holds.run(later(2))
    assert messages() == [("pending", NOW), ("held", later(5))]  # the mail was due before
    holds.run(later(62))
    assert messages() == [("pending", NOW), ("pending", later(62))]


def test_a_hold_that_ends_before_it_is_due_leaves_its_time(paged: Incident) -> None:
    holds.run(later(2))
    Maintenance.objects.all().delete()
    holds.run(later(3))
    assert messages()[1] == ("pending", later(5))


def test_an_answer_stops_what_is_held(paged: Incident) -> None:
    holds.run(later(2))
    lifecycle.acknowledge(paged, SENDER, later(3))
    assert [state for state, _due in messages()] == ["cancelled", "cancelled"]
    holds.run(later(62))
    assert [state for state, _due in messages()] == ["cancelled", "cancelled"]


def test_escalating_by_hand_lets_go_what_is_held(paged: Incident) -> None:
    holds.run(later(2))
    lifecycle.escalate(paged, SENDER, later(3))
    assert messages()[1] == ("pending", later(5))


def test_what_a_provider_refused_is_tried_again_nevertheless(paged: Incident) -> None:
    Notification.objects.filter(person__username="ana").update(attempts=1, due_at=later(4))
    holds.run(later(2))
    assert {state for state, _due in messages()} == {"pending"}


def test_only_the_pages_own_messages_are_held(company: cast.Platform, paged: Incident) -> None:
    page = Page.objects.get()
    draft = outbox.Draft(key="x", kind="aware", title="t", text="x", page_id=page.pk, due_at=later(9))
    outbox.post([draft], NOW)
    holds.run(later(2))
    assert Notification.objects.get(key="x").state == "pending"

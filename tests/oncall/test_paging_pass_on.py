"""Passing on where there is nobody left to pass it to."""

from datetime import timedelta

import pytest

from oncall import paging
from oncall.engine import escalate
from oncall.models import Notification
from oncall.paging import Actor, NothingLeft, PageContent, PageRequest
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db

SUBJECT = "thing:1"


def opened(company: cast.Platform, links: tuple[dict[str, str], ...] = ()) -> None:
    policy = cast.policy("Two", [(0, [cast.to_user(company.ana)]), (5, [cast.to_user(company.bo)])])
    content = PageContent("Down", "SEV-1", 1, "high", "Checkout", NOW, links=links)
    paging.open_page(PageRequest(SUBJECT, content, policy.pk, NOW), NOW)
    escalate.run(NOW)


def by(user) -> Actor:
    return Actor(user, str(user), "phone")


def test_what_somebody_else_has_cannot_be_passed_on_when_no_step_is_left() -> None:
    company = cast.platform()
    opened(company)
    paging.acknowledge(SUBJECT, by(company.ana), NOW)
    paging.escalate_now(SUBJECT, by(company.ana), NOW)
    escalate.run(NOW + timedelta(seconds=1))
    with pytest.raises(NothingLeft):
        paging.pass_on(SUBJECT, by(company.bo), NOW + timedelta(minutes=1))


def test_a_link_without_words_of_its_own_stands_once_in_a_message() -> None:
    opened(cast.platform(), ({"href": "https://graphs.example.org/1", "text": "https://graphs.example.org/1"},))
    assert Notification.objects.get(person__username="ana").text.count("graphs.example.org") == 1

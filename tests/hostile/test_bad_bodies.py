"""Whatever is sent to a door: no answer of ours is a fault, and nothing that was taken breaks a page that shows it.

The ordinary run sends every body to every sender's door and each to one other door in turn; the services' run one of
each kind to every door, on PostgreSQL; with HOSTILE=full every body to every door.
"""

import os
from collections.abc import Sequence
from itertools import groupby

import pytest
from django.core.management import call_command

from incidents.models import Alert, InboxItem
from oncall.models import Team
from tests import calling
from tests.hostile import opening
from tests.hostile.corpus import Case, cases
from tests.hostile.doors import Town, people, rest, senders
from tests.hostile.feeding import Fed, client, feed


def one_of_each_kind() -> list[Case]:
    return [next(each) for _kind, each in groupby(sorted(cases(), key=lambda c: c.kind), key=lambda c: c.kind)]


def assert_everything_opens(town: Town, limit: int | None = None) -> None:
    """After every job has run: the console, the API's lists, the phone pages."""
    call_command("tick", verbosity=0)
    assert list(InboxItem.objects.exclude(state="done")) == []
    browser = client()
    browser.force_login(town.boss)
    assert opening.in_the_console(browser, limit) == []
    assert opening.in_the_api(calling.caller(town.boss)) == []
    assert opening.on_phones() == []


def test_the_corpus_is_as_wide_as_promised() -> None:
    every = cases()
    assert len({str(case) for case in every}) == len(every) >= 300
    assert len({case.kind for case in every}) >= 25


def test_no_sender_can_break_a_door_or_a_page(attacked: Town) -> None:
    fed = feed(senders(attacked), cases())
    assert fed.broken == []
    for door in ("generic", "alertmanager", "pagerduty", "enqueue"):
        assert fed.of(door)[202] > 100, "what can be understood is taken"
        assert fed.of(door)[400] > 100, "the rest is refused"
    assert_everything_opens(attacked, limit=5)
    assert Alert.objects.count() > 300


def test_no_colleague_can_break_a_door_or_a_page(attacked: Town) -> None:
    doors, every, fed = [*rest(attacked), *people(attacked)], cases(), Fed()
    for number, door in enumerate(doors):
        feed([door], every[number :: len(doors)], fed)
    assert fed.broken == []
    assert_everything_opens(attacked, limit=3)


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_half_of_a_surrogate_pair_is_refused_by_the_api(attacked: Town, text: str) -> None:
    writer = calling.caller(attacked.boss)
    escaped = text.encode("ascii", "backslashreplace").decode()
    for body in (f'{{"name": "{escaped}", "slug": "x"}}', f'{{"na{escaped}me": "x"}}', f'{{"slug": "{escaped}"}}'):
        answer = writer.generic("POST", "/api/v1/teams/", body, "application/json")
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
    assert Team.objects.count() == 1


@pytest.mark.services
def test_no_body_breaks_any_door_or_page(attacked: Town) -> None:
    bodies: Sequence[Case] = cases() if os.environ.get("HOSTILE") == "full" else one_of_each_kind()
    fed = feed([*senders(attacked), *rest(attacked), *people(attacked)], bodies)
    assert fed.broken == []
    assert_everything_opens(attacked, limit=None if os.environ.get("HOSTILE") == "full" else 20)

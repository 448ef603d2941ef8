"""Whatever is sent to a door: no answer of ours is a fault, and nothing that was taken breaks a page that shows it.

The ordinary run sends every body to one sender's door and one of each kind to another door; the services' run,
on PostgreSQL too, all kinds to many doors; with HOSTILE=full every body to every door.
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
from tests.hostile.doors import Door, Town, people, rest, senders
from tests.hostile.feeding import Fed, client, feed

FULL = os.environ.get("HOSTILE") == "full"
PARTS, EVERY = 3, 6  # so that no test is long


def kinds() -> list[list[Case]]:
    """The corpus by kind."""
    return [list(each) for _kind, each in groupby(sorted(cases(), key=lambda c: c.kind), key=lambda c: c.kind)]


def in_turn(doors: Sequence[Door], bodies: Sequence[Case]) -> Fed:
    """Each body at one of the doors."""
    fed = Fed()
    for number, door in enumerate(doors):
        feed([door], bodies[number :: len(doors)], fed)
    return fed


def assert_everything_opens(town: Town, limit: int | None = None, *, only_what_is_sent: bool = False) -> None:
    """After every job has run: the console, the API's lists, the phone pages."""
    call_command("tick", verbosity=0)
    assert list(InboxItem.objects.exclude(state="done")) == []
    browser = client()
    browser.force_login(town.boss)
    assert opening.in_the_console(browser, limit, opening.SENT if only_what_is_sent else ()) == []
    assert opening.in_the_api(calling.caller(town.boss)) == []
    assert opening.on_phones() == []


def test_the_corpus_is_as_wide_as_promised() -> None:
    every = cases()
    assert len({str(case) for case in every}) == len(every) >= 300
    assert len({case.kind for case in every}) >= 25


def test_no_body_breaks_a_door_or_a_page_that_shows_it(attacked: Town) -> None:
    sent = in_turn(list(senders(attacked)), cases())
    written = in_turn([*rest(attacked), *people(attacked)], [each[-1] for each in kinds()])
    assert sent.broken == written.broken == []
    for door in ("generic", "alertmanager", "pagerduty", "enqueue"):
        assert sent.of(door)[202] > 20, "what can be understood is taken"
        assert sent.of(door)[400] > 20, "the rest is refused"
    assert_everything_opens(attacked, limit=2, only_what_is_sent=True)
    assert Alert.objects.count() > 100


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
@pytest.mark.thorough
@pytest.mark.parametrize("part", range(PARTS))
def test_no_kind_of_body_breaks_any_door_or_page(attacked: Town, part: int) -> None:
    """A door is given every sixth kind, and the next door the next ones; of each kind another body each time."""
    fed, every = Fed(), kinds()
    for number, door in enumerate([*senders(attacked), *rest(attacked), *people(attacked)]):
        if FULL and number % PARTS == part:
            feed([door], cases(), fed)
        elif not FULL:
            feed([door], [each[number % len(each)] for each in every[(number + part) % EVERY :: EVERY]], fed)
    assert fed.broken == []
    assert_everything_opens(attacked, limit=100 if FULL else 2)

"""P3 while people change configuration, in rows and through every door: whatever they break, a SEV-1 or SEV-2 is heard
by somebody or the fallback."""

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest
from django.db import DatabaseError, transaction
from django.db.models import ProtectedError

from incidents.engine import ack_timeouts, drain, holds, silences
from incidents.models import Alert, Incident
from oncall.engine import dispatch, escalate, shifts
from oncall.models import Page
from tests import cast
from tests.walks.conftest import MINUTE, World
from tests.walks.doors import DOORS, Refused
from tests.walks.mutations import MUTATIONS

SEED = 20260114
JOBS = (drain.run, silences.run, holds.run, ack_timeouts.run, escalate.run, dispatch.run, shifts.run)


def tick(world: World, after: timedelta) -> None:
    world.now += after
    for run in JOBS:
        run(world.now)


def heard(world: World, since: int) -> Counter[str]:
    """Messages at the provider by the page that they are about."""
    keys = (message.key.split(":") for message in world.messages[since:])
    return Counter(key[1] for key in keys if key[0] in ("page", "fallback"))


def unheard(world: World, since: int) -> list[str]:
    """Open SEV-1 and SEV-2 incidents that nobody answered and of which the provider never got a word."""
    told = heard(world, since)
    wanted = Incident.objects.filter(state=Incident.State.TRIGGERED, severity__rank__lte=2)
    pages = dict(Page.objects.values_list("pk", "subject"))
    known = {pages.get(int(pk)) for pk in told}
    return [incident.number for incident in wanted if incident.subject not in known]


def episode(world: World, random: Random) -> list[str]:
    """One incident runs, people change things, another one comes; what was done."""
    done: list[str] = []
    since = len(world.messages)
    world.post(dedup_key="before", severity=random.choice(("critical", "error")))
    tick(world, timedelta(0))
    if random.random() < 0.3:
        tick(world, random.choice((1, 5, 9)) * MINUTE)
    for _change in range(random.choice((1, 2, 4, 6))):
        mutation = random.choice(random.choice((MUTATIONS, DOORS)))
        try:
            with transaction.atomic():
                mutation(world, random)
        except (Refused, ProtectedError, DatabaseError, ValueError, TypeError):
            done.append(f"{mutation.__name__} (refused)")
            continue
        done.append(mutation.__name__)
    world.now += 6 * MINUTE
    answer = world.post(dedup_key="after", severity=random.choice(("critical", "error")))
    if answer.status_code == 202:
        done.append("accepted")
    for wait in (0, 5, 40, 45):
        tick(world, wait * MINUTE)
    missed = unheard(world, since)
    assert not missed, f"nobody heard of {missed} after {done}"
    if "accepted" in done and not Alert.objects.filter(dedup_key="after").exclude(incident=None).exists():
        # No incident could be made of it: then that is told.
        assert any(message.key.startswith("aside:") for message in world.messages[since:]), f"silence after {done}"
        done.append("set aside and told")
    return done


@pytest.fixture
def company_with_fallback(world: World) -> Iterator[World]:
    cast.channel("Ops room", f"json://127.0.0.1:{world.provider.port}/room")
    yield world


def walk(world: World, episodes: int, seed: int = SEED) -> Counter[str]:
    """Episodes one after another, each undone at its end; how often each thing was done."""
    random, counted, start = Random(seed), Counter[str](), world.now
    for _episode in range(episodes):
        with transaction.atomic():
            counted.update(episode(world, random))
            transaction.set_rollback(True)
        world.now = start
    return counted


def played(world: World, episodes: int, seed: int = SEED) -> int:
    """How many changes somebody tried; AssertionError where one left an incident unheard."""
    counted = walk(world, episodes, seed)
    changes = sum(times for what, times in counted.items() if what not in ("accepted", "set aside and told"))
    refused = sum(times for what, times in counted.items() if what.endswith("(refused)"))
    sys.stdout.write(f" {episodes} episodes, {changes} changes of {len(counted)} kinds, {refused} of them refused ")
    assert counted["accepted"] > episodes / 2
    assert refused < changes * 2 / 3
    return changes


def test_whatever_is_broken_somebody_hears_of_it(company_with_fallback: World, pytestconfig: pytest.Config) -> None:
    """`--episodes 300` is a thousand changes."""
    assert played(company_with_fallback, pytestconfig.getoption("episodes")) >= 3


@pytest.mark.services
@pytest.mark.thorough
def test_five_hundred_changes_leave_no_incident_unheard(company_with_fallback: World) -> None:
    assert played(company_with_fallback, 160, seed=SEED + 1) >= 500

"""Two people and a program act on one incident at once: nothing is lost from the timeline, no state is illegal.

`RACES=1000` in the environment runs a thousand of them.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from incidents import lifecycle
from incidents.models import Incident, TimelineEntry
from oncall.models import Page
from tests.incidents.lifecycle.playing import by, later
from tests.together import at_once, elsewhere, shared_database

pytestmark = pytest.mark.django_db(transaction=True)
RACES = int(os.environ.get("RACES", "12"))
NO_ANSWER = (lifecycle.Refused, lifecycle.NotAllowed)


def verbs(incident: Incident, other: Incident, levels: list[Any], user: Any) -> dict[str, Callable[[], Any]]:
    """Each by its timeline kind, as `user` does it."""
    return {
        "acknowledged": lambda: lifecycle.acknowledge(incident, by(user), later(1)),
        "severity": lambda: lifecycle.set_severity(incident, random.choice(levels), "so", by(user), later(1)),
        "role": lambda: lifecycle.assign_role(incident, "scribe", user, by(user), later(1)),
        "note": lambda: lifecycle.note(incident, "a note", by(user), later(1)),
        "mitigated": lambda: lifecycle.mitigate(incident, by(user), later(1)),
        "resolved": lambda: lifecycle.resolve(incident, by(user), later(1)),
        "reopened": lambda: lifecycle.reopen(incident, "not over", by(user), later(1)),
        "dismissed": lambda: lifecycle.dismiss(incident, "false", by(user), later(1)),
        "merged": lambda: lifecycle.merge(incident, other, by(user), later(1)),
        "closed": lambda: lifecycle.close(incident, by(user), later(1)),
    }


def test_racing_verbs_lose_no_entry_and_leave_no_illegal_state(company, opened, sev, tmp_path: Path) -> None:
    choose = random.Random(4)
    people = [company.ana, company.bo, company.zoe]
    for user in people:
        user.groups.add(*company.zoe.groups.all())
    pairs = [(opened(2), opened(3)) for _ in range(RACES)]
    with shared_database(tmp_path):
        for incident, other in pairs:
            chosen = [choose.choice(list(verbs(incident, other, list(sev.values()), user))) for user in people]
            acts = [
                verbs(incident, other, list(sev.values()), user)[kind]
                for kind, user in zip(chosen, people, strict=True)
            ]
            results = at_once(*acts)
            errors = [each for each in results if isinstance(each, Exception) and not isinstance(each, NO_ANSWER)]
            assert errors == [], chosen
            done = Counter(k for k, r in zip(chosen, results, strict=True) if not isinstance(r, Exception))
            elsewhere(lambda incident=incident, done=done: judge(incident, done))


def judge(incident: Incident, done: Counter[str]) -> None:
    written = Counter(TimelineEntry.objects.filter(incident=incident).values_list("kind", flat=True))
    # A severity, a role or an acknowledgement that changes nothing writes nothing.
    for kind, times in done.items():
        least = 0 if kind in ("severity", "role", "acknowledged") else times
        assert written[kind] >= least, (kind, done, written)
    fresh = Incident.objects.get(pk=incident.pk)
    running = Page.objects.running().filter(subject=fresh.subject).count()
    assert fresh.is_open == (fresh.resolved_at is None), fresh.state
    assert (fresh.state == "closed") == (fresh.closed_at is not None)
    assert fresh.is_open or not running
    assert fresh.roles.filter(role="scribe", ends_at=None).count() <= 1

"""What the API's own schema allows, and what it does not, at every operation: no answer is a fault of ours.

HOSTILE_EXAMPLES sets how many bodies and queries of each kind an operation gets, anew at each run; without it a few.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
import requests
import schemathesis
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode

from oncall import keys
from tests import calling
from tests.hostile.doors import Town, rest
from tests.hostile.feeding import client

GIVEN = os.environ.get("HOSTILE_EXAMPLES", "")
SEED = random.SystemRandom().randrange(2**32) if GIVEN else 2026
allowed = settings(
    max_examples=int(GIVEN or 2),
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def operations(browser: Client) -> Iterator[APIOperation]:
    """Every operation of the schema that the site serves."""
    described = browser.get("/api/v1/schema/?format=json", headers={"Accept": "application/json"}).json()
    for found in schemathesis.openapi.from_dict(described).get_all_operations():
        yield found.ok()


def names(town: Town) -> dict[str, str]:
    """Of each list a row that exists, by the list's address."""
    paths = [door.path.removeprefix("/api/v1/").strip("/") for door in rest(town) if door.method == "PATCH"]
    found = dict(path.rsplit("/", 1) for path in paths)
    found["holidays"] = found["tokens"] = found["alerts"] = found["pages"] = found["notifications"] = found[
        "handoffs"
    ] = "1"
    return {**found, "incidents": town.incident.number}


@dataclass
class Asker:
    """A person's program: what it was answered, and what must not have been."""

    town: Town
    token: str
    browser: Client = field(default_factory=client)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def try_all(self, operation: APIOperation, row: str) -> None:
        """What the schema allows, then what it does not; mostly of a row that exists."""
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            cases = operation.as_strategy(generation_mode=mode)

            @seed(SEED)
            @allowed
            @given(cases, st.integers(0, 3))
            def check(case: Case, chance: int) -> None:
                if case.path_parameters and row and chance:
                    case.path_parameters = dict.fromkeys(case.path_parameters, row)
                self.ask(case)

            with suppress(Unsatisfiable):  # nothing can be wrong where anything goes
                check()

    def ask(self, case: Case) -> None:
        """One request, undone afterwards: the next one finds the town as it was."""
        sent = case.as_transport_kwargs(base_url="http://testserver")
        known = {"method", "url", "headers", "params", "json", "data", "files", "cookies"}
        prepared = requests.Request(**{name: value for name, value in sent.items() if name in known}).prepare()
        body = prepared.body or b""
        headers = {name: str(value) for name, value in prepared.headers.items() if name.lower() != "content-length"}
        headers["Authorization"] = f"Bearer {self.token}"
        kind = headers.pop("Content-Type", "application/json")
        path = str(prepared.url).removeprefix("http://testserver")
        raw = body.encode() if isinstance(body, str) else body
        with transaction.atomic():
            answer = self.browser.generic(str(prepared.method), path, raw, kind, headers=headers)
            transaction.set_rollback(True)
        self.answers[case.operation.label, answer.status_code] += 1
        if answer.status_code >= 500:
            self.broken.append(f"{answer.status_code} {prepared.method} {path} {raw!r:.300}")


@pytest.mark.services
@pytest.mark.thorough
@pytest.mark.parametrize("who", ["admin", "responder"])
def test_no_request_that_the_schema_describes_is_a_fault(attacked: Town, who: str) -> None:
    person = attacked.boss if who == "admin" else calling.member("Responder")
    asker = Asker(attacked, keys.issue_api_token(person, "write", timezone.now()))
    rows = names(attacked)
    every = list(operations(asker.browser))
    for operation in every:
        asker.try_all(
            operation,
            next((row for name, row in rows.items() if operation.path.startswith(f"/api/v1/{name}/{{")), ""),
        )
    assert asker.broken == []
    assert len({label for label, _status in asker.answers}) == len(every) > 60
    done = {label for label, status in asker.answers if status < 300}
    assert len(done) > (20 if who == "admin" else 5), "much of it did something"
    print(who, len(every), sum(asker.answers.values()), len(done), sep="\t")  # noqa: T201

"""Two people on their phones and a program acknowledge at the same moment: one of them has it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests

from tests.services.running import Installation, press

pytestmark = pytest.mark.services
KEY = "services-suite-payments-key"
RACES = 50


def test_of_three_acknowledgements_at_once_one_counts(quiet: Installation) -> None:
    for number in range(RACES):
        quiet.send(KEY, dedup_key=f"race {number}")
    quiet.until(lambda: len(quiet.pages()) == 2 * RACES, 60, "ana and bo have been paged for every race")
    links: dict[str, dict[str, str]] = {}
    for page in quiet.pages():
        links.setdefault(page.key.split(":")[1], {})[page.to] = page.link
    sent = quiet.all("notifications/?kind=page&person=ana")
    numbers = {str(row["page"]): row["incident"] for row in sent}

    with ThreadPoolExecutor(3) as people:
        for page_id, of in links.items():
            start = Barrier(3)
            ana = people.submit(_at_once, start, lambda link=of["ana"]: press(link, "ack"))
            bo = people.submit(_at_once, start, lambda link=of["bo"]: press(link, "ack"))
            path = f"incidents/{numbers[page_id]}/acknowledge/"
            api = people.submit(_at_once, start, lambda path=path: quiet.asked(path, "POST"))
            statuses = [ana.result().status_code, bo.result().status_code, api.result().status_code]
            assert statuses[0] in (303, 409)
            assert statuses[1] in (303, 409)
            assert statuses[2] in (200, 409)

    winners = set()
    for page_id in links:
        incident = quiet.api(f"incidents/{numbers[page_id]}/")
        assert incident["state"] == "acknowledged"
        winners.add(incident["acknowledged_by"])
        timeline = quiet.all(f"incidents/{numbers[page_id]}/timeline/")
        entries = [entry for entry in timeline if entry["kind"] == "acknowledged"]
        assert [entry["actor"] for entry in entries] == [incident["acknowledged_by"]]
    assert winners <= {"ana", "bo", "zoe"}
    assert len(quiet.pages()) == 2 * RACES


def _at_once(start: Barrier, act) -> requests.Response:  # type: ignore[no-untyped-def]
    start.wait(30)
    return act()

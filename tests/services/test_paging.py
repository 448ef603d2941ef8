"""An alert over HTTP wakes somebody, is escalated past them, and stops when it is answered: web, workers and beat."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.services.running import Installation, press

pytestmark = pytest.mark.services
PAGED_SECONDS = 10
KEY = "services-suite-checkout-key"


def test_everything_that_is_watched_is_well(shared: Installation) -> None:
    """/readyz is content once each frequent job has run: the beat, both workers and the database."""
    shared.until(lambda: shared.ready(wholly=True), 60, "/readyz says 200", every=0.5)


def test_silence_escalates_and_an_answer_stops_it(quiet: Installation) -> None:
    quiet.send(KEY, dedup_key="silence", labels={"error_rate": "12 %"})
    took = quiet.until(lambda: quiet.pages("ana"), PAGED_SECONDS, "ana is paged")
    first = quiet.pages("ana")[0]
    assert "Error rate above 5 %" in first.title
    assert "12 %" in first.text
    assert "https://runbooks.example.org/checkout" in first.text
    assert not quiet.pages("bo")

    waited = quiet.until(lambda: quiet.pages("bo"), 75, "bo is paged, ana being silent")
    assert waited + took > 59
    second = quiet.pages("bo")[0]
    incident = quiet.all("incidents/?dedup_key=silence")[0]
    assert incident["state"] == "triggered"

    assert press(second.link, "ack").status_code == 303
    quiet.until(lambda: "taken:" in str([m.key for m in quiet.messages("ana")]), PAGED_SECONDS, "ana hears who took it")
    incident = quiet.api(f"incidents/{incident['number']}/")
    assert (incident["state"], incident["acknowledged_by"]) == ("acknowledged", "bo")

    # Three minutes on, the team lead's step would long be due.
    quiet.tick((datetime.now(UTC) + timedelta(minutes=3)).isoformat())
    assert [page.to for page in quiet.pages()] == ["ana", "bo"]

    assert press(first.link, "resolve").status_code == 303
    timeline = quiet.all(f"incidents/{incident['number']}/timeline/")
    assert [entry["kind"] for entry in timeline].count("paged") == 2
    assert quiet.api(f"incidents/{incident['number']}/")["state"] == "resolved"


def test_the_senders_resolve_ends_it(quiet: Installation) -> None:
    key = "services-suite-orders-key"
    quiet.send(key, dedup_key="passing")
    quiet.until(lambda: quiet.pages("ana"), PAGED_SECONDS, "ana is paged")
    quiet.send(key, dedup_key="passing", action="resolve")
    quiet.until(
        lambda: quiet.all("incidents/?dedup_key=passing")[0]["state"] == "resolved", PAGED_SECONDS, "it is resolved"
    )
    assert len(quiet.pages()) == 1


def test_reading_the_page_changes_nothing(quiet: Installation) -> None:
    """Mail scanners open every link."""
    quiet.send("services-suite-orders-key", dedup_key="scanned")
    quiet.until(lambda: quiet.pages("ana"), PAGED_SECONDS, "ana is paged")
    answer = quiet.asked(quiet.pages("ana")[0].link)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert quiet.all("incidents/?dedup_key=scanned")[0]["state"] == "triggered"

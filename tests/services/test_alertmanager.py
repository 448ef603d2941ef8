"""A real Alertmanager, through its webhook and through its own PagerDuty sender at once."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests

from tests.services.running import LOOPBACK, Installation, free_port

pytestmark = pytest.mark.services
PROGRAM = "prometheus-alertmanager"
WEBHOOK_KEY = "services-suite-alertmanager-key"
ROUTING_KEY = "services0suite0search0routing0ke"
REPEAT_SECONDS = 4


def configuration(running: Installation) -> str:
    """One receiver that tells us twice, with intervals for impatient people."""
    receiver = {
        "name": "incidentops",
        "webhook_configs": [{"url": f"{running.url}/api/v1/ingest/alertmanager/{WEBHOOK_KEY}/"}],
        "pagerduty_configs": [{"routing_key": ROUTING_KEY, "url": f"{running.url}/v2/enqueue"}],
    }
    route = {
        "receiver": "incidentops",
        "group_by": ["alertname"],
        "group_wait": "1s",
        "group_interval": "1s",
        "repeat_interval": f"{REPEAT_SECONDS}s",
    }
    return orjson.dumps({"route": route, "receivers": [receiver]}).decode()  # JSON is YAML


@pytest.fixture
def alertmanager(quiet: Installation, tmp_path: Path) -> Iterator[str]:
    """Its address."""
    file, log = tmp_path / "alertmanager.yml", (quiet.folder / "alertmanager.log").open("ab")
    file.write_text(configuration(quiet), encoding="utf-8")
    url = f"http://{LOOPBACK}:{free_port()}"
    arguments = [
        PROGRAM,
        f"--config.file={file}",
        f"--storage.path={tmp_path / 'data'}",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--cluster.listen-address=",
    ]
    process = subprocess.Popen(arguments, stdout=log, stderr=subprocess.STDOUT)
    try:
        quiet.until(lambda: _ready(url), 20, "Alertmanager is ready")
        yield url
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def _ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/-/ready", timeout=2).ok
    except requests.RequestException:
        return False


def fire(url: str, name: str, ends: timedelta) -> None:
    """As Prometheus does: an alert that ends after `ends` unless told of again; negative: it has ended."""
    now = datetime.now(UTC)
    alert = {
        "labels": {"alertname": name, "severity": "critical", "job": "search", "instance": "search1"},
        "annotations": {"summary": f"{name} on search1", "description": "A fifth of all searches fail"},
        "startsAt": (now - timedelta(minutes=2)).isoformat(),
        "endsAt": (now + ends).isoformat(),
        "generatorURL": "https://prometheus.example.org/graph",
    }
    answer = requests.post(f"{url}/api/v2/alerts", json=[alert], timeout=5)
    assert answer.ok, answer.text


def test_firing_and_resolving_both_ways_is_one_incident(quiet: Installation, alertmanager: str) -> None:
    def alerts() -> list[dict[str, Any]]:
        return quiet.all("alerts/?service=search")

    fire(alertmanager, "SearchFails", timedelta(minutes=10))
    quiet.until(lambda: len(alerts()) == 2, 20, "the webhook and the PagerDuty sender have each made an alert")
    first = alerts()
    assert {row["integration"] for row in first} == {"Alertmanager", "Alertmanager events"}
    # Both senders name the group alike: the hash of its key.
    assert len({row["dedup_key"] for row in first}) == 1
    assert {row["severity"] for row in first} >= {"SEV-1"}
    assert all("SearchFails" in row["title"] for row in first)
    assert len({row["incident"] for row in first}) == 1
    number = first[0]["incident"]
    assert number
    quiet.until(lambda: quiet.pages("ana"), 10, "ana is paged")

    quiet.until(lambda: min(row["count"] for row in alerts()) >= 2, 30, "both have repeated it")
    assert len(alerts()) == 2
    assert len(quiet.all("incidents/?service=search")) == 1
    assert len({page.key for page in quiet.pages()}) == len(quiet.pages())

    fire(alertmanager, "SearchFails", timedelta(seconds=-1))
    quiet.until(lambda: {row["state"] for row in alerts()} == {"resolved"}, 20, "both alerts are resolved")
    assert len(alerts()) == 2
    quiet.until(lambda: quiet.api(f"incidents/{number}/")["state"] == "resolved", 10, "the incident is resolved")
    assert len(quiet.all("incidents/?service=search")) == 1

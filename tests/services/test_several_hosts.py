"""Grown to several hosts: each its own folder and port, all over one PostgreSQL and one broker, nothing done twice."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests
from kombu import Connection

from tests.services.ground import Postgres
from tests.services.running import LOOPBACK, ROOT, START_SECONDS, Installation, free_port

pytestmark = [pytest.mark.services, pytest.mark.thorough]
KEY = "services-suite-orders-key"
ALERTS, PROBLEMS = 400, 40
# A worker host has the workers of every queue.
HOSTS = {"web a": "web", "web b": "web", "work a": "worker", "work b": "worker", "clock": "beat"}
RABBITMQ = os.environ.get("IOPS_TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//")


@contextmanager
def hosts(running: Installation) -> Iterator[dict[str, int]]:
    """Each runs `up --only …` as on a machine of its own; the port of each, of which only the webs' are used."""
    ports = {name: free_port() for name in HOSTS}
    for name, what in HOSTS.items():
        folder = running.folder / name.replace(" ", "-")
        folder.mkdir()
        environ = {**running.environ, "DATA_DIR": str(folder), "PORT": str(ports[name])}
        with running.log(name.replace(" ", "-")).open("ab") as log:
            running.programs[name] = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--only", what],
                cwd=ROOT,
                env=environ,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    webs = {name: port for name, port in ports.items() if HOSTS[name] == "web"}
    for port in webs.values():
        running.until(lambda port=port: answers(port), START_SECONDS, f"port {port} answers")  # type: ignore[misc]
    yield webs


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://{LOOPBACK}:{port}/healthz", timeout=5).ok
    except requests.RequestException:
        return False


def accepted(port: int, problem: int) -> None:
    body = {"summary": "Error rate above 5 %", "dedup_key": f"problem {problem}", "severity": "critical"}
    answer = requests.post(f"http://{LOOPBACK}:{port}/api/v1/ingest/generic/{KEY}/", json=body, timeout=15)
    assert answer.status_code == 202, (port, answer.status_code, answer.text)


def counted(running: Installation) -> int:
    return sum(row["count"] for row in running.all("alerts/?service=orders"))


@pytest.mark.parametrize("broker", ["redis", "rabbitmq"])
def test_alerts_at_every_host_page_each_incident_once(postgres: Postgres, broker: str) -> None:
    with postgres.installation() as running:
        if broker == "rabbitmq":
            running.environ |= {"BROKER_URL": RABBITMQ, "REDIS_URL": ""}
            emptied(RABBITMQ)
        with hosts(running) as webs:
            running.port = webs["web a"]
            running.await_ready()
            ports = [*webs.values()]
            # Each problem at both: whichever is first opens it, the other's alerts join.
            with ThreadPoolExecutor(8) as senders:
                list(senders.map(lambda n: accepted(ports[n % 2], n // 2 % PROBLEMS), range(ALERTS)))
            running.until(lambda: counted(running) == ALERTS, 30, "every event is counted")
            running.until(lambda: len(running.pages()) >= PROBLEMS, 30, "a page for each incident")
            # What a second engine would send twice, it would send at its next tick.
            ticks = running.jobs_done("oncall.dispatch")
            running.until(lambda: running.jobs_done("oncall.dispatch") > ticks, 30, "the jobs ran again")

            alerts = running.all("alerts/?service=orders")
            assert Counter(row["count"] for row in alerts) == {ALERTS // PROBLEMS: PROBLEMS}
            assert len({row["incident"] for row in alerts}) == PROBLEMS
            assert sorted(Counter(page.key for page in running.pages()).values()) == [1] * PROBLEMS
            sent = running.all("notifications/?kind=page")
            assert Counter(row["incident"] for row in sent) == dict.fromkeys((row["incident"] for row in alerts), 1)
            assert all((row["state"], row["attempts"]) == ("sent", 1) for row in sent)
            assert running.complaints() == []


def emptied(url: str) -> None:
    """Without what an earlier run left. Raises where no RabbitMQ answers: IOPS_TEST_AMQP_URL says where it is."""
    with Connection(url, connect_timeout=5) as connection:
        for queue in ("paging", "bulk", "celery"):
            connection.default_channel.queue_delete(queue)

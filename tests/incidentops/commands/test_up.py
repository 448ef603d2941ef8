"""What `up` decides before and after it starts anything; that it runs is shown by `.ci/run`."""

import json
import shlex
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from incidentops import demo, first_data, readiness
from incidentops.management.commands import up
from oncall.models import Team, User


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """Answers 200 to /healthz for the host name it is given as an attribute, else 400."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            good = self.path == "/healthz" and self.headers["Host"] == getattr(self.server, "known", None)
            self.send_response(200 if good else 400)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """The test's output stays clean."""

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def test_a_taken_port_is_said_before_anything_is_done(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings.BIND, settings.PORT = "127.0.0.1", taken.getsockname()[1]
        with pytest.raises(
            CommandError, match=rf"Port {settings.PORT} .* PORT={settings.PORT + 1} python3 manage.py up"
        ):
            call_command("up")


def test_a_free_port_is_free() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert readiness.port_taken("127.0.0.1", port) is None


@pytest.mark.parametrize(
    ("only", "said"), [("clock", "is none of web, worker, beat, watchdog"), ("web,cron", "'cron' is none of")]
)
def test_only_refuses_what_there_is_not(only: str, said: str) -> None:
    with pytest.raises(CommandError, match=said) as refusal:
        call_command("up", only=only)
    assert refusal.value.returncode == 2


def test_worker_means_both_queues_and_paging_has_its_own() -> None:
    assert up._chosen("beat, worker") == ["paging", "bulk", "beat"]
    assert up._chosen("") == ["web", "paging", "bulk", "beat", "watchdog"]


def test_ready_means_that_healthz_answers_under_an_allowed_name(server: ThreadingHTTPServer) -> None:
    server.known = "incidents.example.org"  # type: ignore[attr-defined]
    name = readiness.asked_name([".example.org", "incidents.example.org"], "0.0.0.0")
    assert readiness.answers("0.0.0.0", server.server_port, name)
    assert not readiness.answers("127.0.0.1", server.server_port, readiness.asked_name(["*"], "127.0.0.1"))


def test_nobody_there_is_not_ready() -> None:
    assert not readiness.answers("127.0.0.1", 1, "localhost")


def test_the_first_command_to_try_fires_an_alert_with_the_key() -> None:
    fire, resolve, _ = (shlex.split(line) for line in readiness.next_commands("http://127.0.0.1:8000", "demo-key"))
    for argv in (fire, resolve):
        assert argv[-1] == "http://127.0.0.1:8000/api/v1/ingest/generic/"
        assert "Authorization: Token demo-key" in argv
    assert json.loads(resolve[-2])["action"] == "resolve"
    assert json.loads(resolve[-2])["dedup_key"] == json.loads(fire[-2])["dedup_key"]


@pytest.mark.django_db
def test_the_first_administrator_is_made_once_and_can_sign_in() -> None:
    User.objects.create_user("admin", "someone@example.org", "x")  # the name is taken by somebody else
    made = first_data.first_admin()
    assert made
    name, password = made
    user = User.objects.get(username=name)
    assert (name, user.is_superuser, user.check_password(password)) == ("admin2", True, True)
    assert len(password) >= 16
    assert first_data.first_admin() is None


@pytest.mark.django_db
def test_a_database_that_ever_had_a_team_is_not_untouched() -> None:
    assert demo.untouched()
    team = Team.objects.create(name="Platform", slug="platform")
    assert not demo.untouched()
    team.delete()
    assert not demo.untouched()

"""The console's frame: navigation by rights, the engine's light, the content policy, search, and the beat's pages."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from incidentops import console, navigation
from incidentops.beat import JOBS
from incidents import lifecycle
from oncall.models import JobRun, User
from oncall.paging import Actor
from tests import cast


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """The engine's light is remembered between requests, but not between tests."""
    caches["process"].clear()
    yield
    caches["process"].clear()


@pytest.fixture
def well(db: None) -> None:
    """Every job ran just now."""
    JobRun.objects.bulk_create(JobRun(task=job.task, done_at=timezone.now()) for job in JOBS)


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("root", "root@example.org", "correct horse battery")


def browser(person: User, *groups: str) -> Client:
    person.groups.set(Group.objects.filter(name__in=groups))
    client = Client()
    client.force_login(person)
    return client


def test_every_entry_of_the_navigation_leads_somewhere(boss: User) -> None:
    entries = [entry for _task, entries in navigation.TASKS for entry in entries]
    client = browser(boss)
    for entry in entries:
        assert client.get(reverse(f"admin:{entry.url}") + entry.query).status_code == 200, entry.title


def test_the_navigation_shows_what_one_may_open(well: None) -> None:
    viewer = browser(cast.person("vi"), "Viewer").get("/admin/my/")
    shown = {item["title"] for group in viewer.context["sidebar_navigation"] for item in group["items"]}
    assert {"Schedules", "Pages", "My on-call"} <= shown
    assert not {"Periodic jobs", "API tokens", "Inbox"} & shown
    nobody = browser(cast.person("no")).get("/admin/my/")
    shown = {item["title"] for group in nobody.context["sidebar_navigation"] for item in group["items"]}
    assert shown <= {"Now", "My on-call", "Mailbox"}


def test_a_sick_engine_is_said_in_red_on_every_page(well: None) -> None:
    client = browser(cast.person("vi"), "Viewer")
    address = reverse("admin:oncall_team_changelist")
    assert "io-banner" not in client.get(address).content.decode()
    JobRun.objects.filter(task="oncall.escalate").delete()
    caches["process"].clear()
    text = client.get(address).content.decode()
    assert 'class="io-banner" role="alert"' in text
    assert "oncall.escalate" in text


def test_every_term_that_fails_is_said_not_only_the_first(db: None) -> None:
    """A dead engine: no job ever ran."""
    text = browser(cast.person("vi"), "Viewer").get(reverse("admin:oncall_team_changelist")).content.decode()
    frequent = [job.task for job in JOBS if job.every_seconds < 30]
    assert len(frequent) > 4
    assert [task for task in frequent if f"The job {task} has never run." not in text] == []
    assert f"and {len(frequent) - 4} more" in text


def test_the_light_costs_no_query_while_it_is_fresh(well: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "ENGINE_LIGHT_SECONDS", 600)
    console.engine_failing()
    with CaptureQueriesContext(connection) as queries:
        console.engine_failing()
    assert len(queries) == 0


def test_a_stranger_is_told_nothing_of_the_engine(db: None) -> None:
    assert "io-banner" not in Client().get(reverse("admin:login")).content.decode()


@pytest.mark.parametrize("address", ["/admin/login/", "/admin/my/"])
def test_scripts_come_from_our_own_files_only(well: None, address: str) -> None:
    policy = browser(cast.person("vi")).get(address, follow=True)["Content-Security-Policy"]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["script-src"] == "'self' 'unsafe-eval'"
    assert parts["frame-ancestors"] == "'none'"
    assert parts["default-src"] == "'self'"


def test_the_exception_is_for_the_console_only(db: None) -> None:
    assert "unsafe" not in Client().get("/healthz")["Content-Security-Policy"]


def test_no_page_brings_an_inline_script(boss: User, well: None) -> None:
    every = CrontabSchedule.objects.create(minute="5")
    own = PeriodicTask.objects.create(name="own", task="x.y", crontab=every)
    client = browser(boss)
    for address in (
        "/admin/my/",
        reverse("admin:django_celery_beat_periodictask_change", args=[own.pk]),
        reverse("admin:django_celery_beat_periodictask_add"),
        reverse("admin:oncall_schedule_add"),
        reverse("admin:oncall_user_changelist"),
    ):
        text = client.get(address).content.decode()
        scripts = [piece.split(">", 1)[0] for piece in text.split("<script")[1:]]
        assert scripts
        assert [tag for tag in scripts if "src=" not in tag and 'type="application/json"' not in tag] == []


def engine_job() -> PeriodicTask:
    every = IntervalSchedule.objects.create(every=1, period="seconds")
    return PeriodicTask.objects.create(name="oncall.escalate", task="oncall.escalate", interval=every)


def test_a_job_that_the_engine_needs_cannot_be_switched_off_by_a_click(boss: User, well: None) -> None:
    job, client = engine_job(), browser(boss)
    change = reverse("admin:django_celery_beat_periodictask_change", args=[job.pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {"name": job.name}).status_code == 403
    assert client.post(reverse("admin:django_celery_beat_periodictask_delete", args=[job.pk])).status_code == 403
    listed = reverse("admin:django_celery_beat_periodictask_changelist")
    for action in ("disable_tasks", "toggle_tasks", "delete_selected"):
        client.post(listed, {"action": action, "_selected_action": [job.pk], "post": "yes"})
    assert PeriodicTask.objects.get(pk=job.pk).enabled


def test_a_job_switched_off_elsewhere_is_switched_on_by_a_click(boss: User, well: None) -> None:
    job = engine_job()
    PeriodicTask.objects.filter(pk=job.pk).update(enabled=False)
    listed = reverse("admin:django_celery_beat_periodictask_changelist")
    browser(boss).post(listed, {"action": "enable_tasks", "_selected_action": [job.pk]})
    assert PeriodicTask.objects.get(pk=job.pk).enabled


def test_search_finds_screens_people_and_incidents(boss: User, well: None) -> None:
    company = cast.platform(timezone.now())
    incident = lifecycle.declare("Disk is full", company.service, Actor(boss, "Root", "console"), timezone.now())
    client = browser(boss)
    search = reverse("admin:search")
    assert "Silences" in client.get(search, {"s": "silen", "extended": "1"}).content.decode()
    assert "Ana" in client.get(search, {"s": "ana", "extended": "1"}).content.decode()
    assert "Disk is full" in client.get(search, {"s": incident.number, "extended": "1"}).content.decode()


def test_search_shows_nobody_what_they_may_not_see(boss: User, well: None) -> None:
    company = cast.platform(timezone.now())
    by = Actor(boss, "Root", "console")
    lifecycle.declare("Break-in", company.service, by, timezone.now(), private=True)
    search = reverse("admin:search")
    for client in (browser(company.cy, "Viewer"), browser(company.bo)):
        assert "Break-in" not in client.get(search, {"s": "break", "extended": "1"}).content.decode()
    assert "Dee" not in browser(company.bo).get(search, {"s": "dee", "extended": "1"}).content.decode()


def test_groups_are_changed_by_superusers(boss: User, well: None) -> None:
    group = Group.objects.get(name="Viewer")
    change = reverse("admin:auth_group_change", args=[group.pk])
    assert browser(boss).get(change).status_code == 200
    assert browser(cast.person("zo"), "Manager").get(change).status_code == 403

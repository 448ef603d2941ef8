"""`manage.py config`: what it prints, what it answers, and that an export brings everything back."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, execute_from_command_line
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidentops import configuration, demo
from incidents.models import Integration, Service, Severity
from oncall.logic import addresses
from oncall.models import EscalationPolicy, Schedule, Team, User
from tests.cast import NOW
from tests.configuring import PEOPLE, POLICY, SCHEDULE, SERVICE, apply

ROOT = Path(__file__).resolve().parents[2]
EVERYTHING = """
users:
  - username: dee
    email: dee@example.org
    name: "on: #1"
    timezone: Asia/Kolkata
    active: false
    holidays: NO
    groups: [Viewer, Responder]
    working_hours: {days: [sun, mon], from: "22:00", to: "06:30"}
    contact_methods:
      - {slug: push, kind: apprise, address: "ntfys://ntfy.example.org/topic", verified: true}
      - {slug: mail, address: dee@example.org}
    notification_rules: [{urgency: low, contact_method: push, delay_minutes: 3}, {urgency: high, contact_method: push}]
    leave: [{from: "2026-02-01T00:00:00.5+01:00", to: "2026-02-02T00:00:00Z", reason: away}]
teams: [{name: Empty, working_hours: {days: [mon], from: "09:00", to: "17:00"}, holidays: US-CA, tracker_url: "https://x.example/{title}"}]
channels: [{name: Room, slug: ops, address: "mailto:room@example.org"}]
schedules:
  - name: Odd
    rest: {max_consecutive_days: 7, min_gap_days: 14, count: layer}
    layers:
      - name: a
        timezone: Pacific/Apia
        rotation: {unit: monthly, length: 3, start: "2026-01-31T23:59:59+13:00"}
        members: [[dee, ana], bo]
        until: "2027-01-01T00:00:00Z"
      - {name: b, rotation: {unit: hourly, length: 12, start: "2026-01-01T00:00:00Z"}, members: []}
    overrides:
      - {layer: b, add: bo, from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z", reason: swap}
      - {remove: ana, from: "2026-02-01T00:00:00Z", to: "2026-02-02T00:00:00Z"}
    declared_gaps: [{from: "2026-05-01T00:00:00Z", to: "2026-05-02T00:00:00Z", reason: fair}]
escalation_policies:
  - name: Odd
    team: empty
    repeat: 3
    repeat_after_minutes: 0
    steps:
      - {delay_minutes: 0, targets: []}
      - {delay_minutes: 9, targets: [{schedule: odd, layer: b}, {channel: ops}, {team_manager: empty}, {team: empty}]}
severities: [{level: SEV-4, response: null, examples: ["no", "1:30"], aware: [dee, team_lead]}]
services:
  - name: Orders
    slug: "0123"
    description: "two\\nlines"
    default_severity: SEV-1
    severity_policies: {SEV-2: odd}
    depends_on: [checkout]
    runbook_url: "https://r.example/x?a=b#c"
integrations:
  - {name: Beat, service: "0123", format: heartbeat, every_minutes: 5, enabled: false}
  - name: AM
    service: checkout
    format: alertmanager
    severity_map: {"on": SEV-1, page: SEV-2}
    per_alert: true
    limit_per_minute: 7
"""


@pytest.fixture
def everything(db: None) -> None:
    apply(PEOPLE, SCHEDULE, POLICY, SERVICE, EVERYTHING)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.yaml"
    path.write_text(PEOPLE)
    return path


def run(*arguments: object, **options: object) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("config", *map(str, arguments), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


# -- Export and back ---------------------------------------------------------------------------------------------------
def test_an_export_applied_to_the_same_database_changes_nothing(everything: None) -> None:
    text = configuration.export()
    assert configuration.apply([("export.yaml", text)], NOW, prune=True).changes == []


def test_an_export_brings_everything_back_to_an_empty_database(everything: None) -> None:
    text = configuration.export()
    for model in (Service, EscalationPolicy, Schedule, Team, User):
        model.objects.all().delete()
    Severity.objects.filter(level="SEV-4").delete()
    report = configuration.apply([("export.yaml", text)], NOW)
    assert {change[0] for change in report.changes} == {"+"}
    assert [name for name, _key in report.keys] == ["0123/Beat", "checkout/AM"]
    assert configuration.export() == text


def test_an_export_takes_back_what_was_changed_since(everything: None) -> None:
    text = configuration.export()
    apply("users: [{username: dee, email: dee@example.org, active: true, working_hours: null, leave: []}]")
    apply(
        "severities: [{level: SEV-4, response: 5, aware: []}]\nservices: [{name: Orders, slug: '0123', depends_on: []}]"
    )
    assert configuration.apply([("export.yaml", text)], NOW).changes
    assert configuration.export() == text


def test_no_key_leaves_by_export(everything: None) -> None:
    key = "a-key-that-must-not-be-written"
    apply(f"integrations: [{{name: AM, service: checkout, format: alertmanager, key: {key}}}]")
    text = configuration.export()
    row = Integration.objects.get(name="AM")
    assert key not in text and row.key_prefix not in text and row.key_digest not in text


names = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf", "Co", "Cn", "Zl", "Zp"]), max_size=40
)


@given(names, names, st.lists(names.filter(str.strip), max_size=3))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.django_db
def test_whatever_text_is_typed_comes_back(name: str, description: str, examples: list[str]) -> None:
    User.objects.update_or_create(username="ana", defaults={"email": "ana@example.org", "name": name.strip()})
    Service.objects.update_or_create(slug="x", defaults={"name": name.strip() or "x", "description": description})
    severity = Severity.objects.get(level="SEV-1")
    severity.examples = examples
    severity.save()
    assert configuration.apply([("export.yaml", configuration.export())], NOW).changes == []


# -- The command -------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_apply_tells_changes_and_then_no_change(file: Path) -> None:
    assert run("apply", file) == ("+ user ana\n+ user bo\n+ user cy\n", "")
    assert run("apply", file) == ("no change\n", "")
    assert run("plan", file) == ("no change\n", "")


@pytest.mark.django_db
def test_plan_writes_nothing(file: Path) -> None:
    told, _ = run("plan", file)
    assert "user ana" in told and "3 to make" in told
    assert not User.objects.exists() and not User.history.exists()


@pytest.mark.django_db
def test_new_keys_are_printed_once(tmp_path: Path, file: Path) -> None:
    more = tmp_path / "more.yaml"
    more.write_text("services: [{name: S}]\nintegrations: [{name: I, service: s, format: generic}]\n")
    assert "key of" not in run("plan", file, more)[0]
    told, _ = run("apply", file, more)
    key = told.split("key of s/I (shown only now): ")[1].strip()
    assert len(key) == 32
    assert run("apply", file, more) == ("no change\n", "")


@pytest.mark.django_db
def test_a_refused_file_exits_1_and_says_where(tmp_path: Path, file: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("users:\n  - username: x y\n    email: x@example.org\n")
    err = io.StringIO()
    for action in ("check", "plan", "apply"):
        with pytest.raises(CommandError, match="1 error; nothing was written") as refused:
            call_command("config", action, str(file), str(bad), stdout=io.StringIO(), stderr=err)
        assert refused.value.returncode == 1
    assert err.getvalue().splitlines()[0].startswith(f"{bad}:2: users[0].username: write only letters")
    assert not User.objects.exists()


def test_check_reads_no_database(file: Path) -> None:
    assert run("check", file) == ("no errors, 0 warnings\n", "")  # there is no database in this test


def test_check_warns_and_answers_yes(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("services: [{name: S, team: nobodys}]\n")
    told, _ = run("check", path)
    assert told == f"{path}:1: services[0].team: warning: there is no nobodys among teams\nno errors, 1 warning\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["apply"],
        ["plan"],
        ["check"],
        ["aply", "x"],
        ["check", "--prune", "x"],
        ["export", "a", "b"],
        ["apply", "-x"],
    ],
)
def test_wrong_usage_exits_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        execute_from_command_line(["manage.py", "config", *arguments])
    assert left.value.code == 2


def test_a_file_that_is_not_there_is_wrong_usage_and_one_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as missing:
        run("check", tmp_path / "none.yaml")
    assert missing.value.returncode == 2
    (tmp_path / "a.yaml").write_bytes(b"users: []\n\xff")
    with pytest.raises(CommandError, match=r"a\.yaml:2: document: this is not UTF-8") as refused:
        run("check", tmp_path / "a.yaml")
    assert refused.value.returncode == 1


@pytest.mark.django_db
def test_export_writes_to_a_file_for_its_owner_alone(tmp_path: Path, file: Path) -> None:
    run("apply", file)
    target = tmp_path / "out.yaml"
    assert run("export", target) == ("", "")
    assert target.read_text() == run("export")[0]
    assert target.stat().st_mode & 0o777 == 0o600
    assert run("apply", target, prune=True)[0] == "no change\n"


@pytest.mark.django_db
def test_json_is_taken_too(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps({"users": [{"username": "ana", "email": "ana@example.org", "name": "Ana 😀"}]}, indent="\t")
    )
    assert run("apply", path)[0] == "+ user ana\n"
    assert User.objects.get().name == "Ana 😀"


# -- The demo company --------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_demo_company_is_such_a_file_without_a_doubt_in_it() -> None:
    text = demo.FILE.read_text(encoding="utf-8")
    assert configuration.check([("company.yaml", text)]) == []
    report = configuration.apply([("company.yaml", text)], NOW)
    assert (report.warnings, report.keys) == ([], [])
    assert (Team.objects.count(), Service.objects.count(), User.objects.count()) == (2, 4, 8)
    assert set(Integration.objects.values_list("format", flat=True)) == set(Integration.Format.values)
    assert configuration.apply([("company.yaml", text)], NOW).changes == []
    for user in User.objects.all():
        assert addresses.email(user.email).endswith("@example.org")


@pytest.mark.django_db
def test_an_unanswered_page_of_the_demo_escalates_within_two_minutes() -> None:
    demo.make(NOW)
    assert demo.key() == "demo-checkout-generic-key-0001"
    for policy in EscalationPolicy.objects.all():
        delays = [step.delay_minutes for step in policy.steps.all()]
        assert delays[0] == 0 and set(delays[1:]) <= {1, 2}


# -- Size --------------------------------------------------------------------------------------------------------------
def company(people: int) -> str:
    users = [{"username": f"u{n}", "email": f"u{n}@example.org"} for n in range(people)]
    layer = {"name": "primary", "rotation": {"unit": "daily", "start": "2026-01-01T00:00:00Z"}}
    schedules = [{"name": f"s{n}", "layers": [{**layer, "members": [f"u{n}"]}]} for n in range(people // 10)]
    policies = [{"name": f"p{n}", "steps": [{"targets": [{"schedule": f"s{n}"}]}]} for n in range(people // 10)]
    return json.dumps({"users": users, "schedules": schedules, "escalation_policies": policies})


@pytest.mark.django_db
def test_ten_times_the_people_are_not_ten_times_the_statements() -> None:
    counts = []
    for people in (20, 200):
        with CaptureQueriesContext(
            connection,
        ) as statements:
            apply(company(people))
        counts.append(len(statements))
    assert counts[1] < counts[0] * 3

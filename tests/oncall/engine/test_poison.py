"""One row that raises delays no other, and the audit tells of it for as long as it does: schedules, the audit's own
looks, policies, what an outage has overtaken."""

from typing import Any

import pytest
from django.db import OperationalError

from oncall import findings, outbox
from oncall.engine import audit, dispatch, overtaken, shifts
from oncall.logic import coverage
from oncall.models import AuditFinding, JobRun, Page, Schedule, Shift
from tests import cast
from tests.cast import NOW
from tests.oncall.engine.dispatching import Provider, draft
from tests.oncall.pages import minutes, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> cast.Platform:
    return cast.platform()


def poison(*_: object, **__: object) -> Any:
    raise ValueError("poison")


def spoil(monkeypatch: pytest.MonkeyPatch, name: str, key: int) -> None:
    """Have a rule of coverage raise for one schedule."""
    original = getattr(coverage, name)
    layers = set(Schedule.objects.get(pk=key).layers.values_list("pk", flat=True))

    def rule(spec: Any, *rest: Any) -> Any:
        return poison() if {layer.id for layer in spec.layers} & layers else original(spec, *rest)

    monkeypatch.setattr(coverage, name, rule)


def told() -> list[str]:
    return [row.text for row in findings.standing().filter(kind="row")]


def test_a_schedule_that_cannot_be_read_keeps_no_others_shifts_from_being_recorded(
    company: cast.Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = cast.schedule("Broken", {"primary": [company.cy]})
    with monkeypatch.context() as patch:
        spoil(patch, "shifts", broken.pk)
        shifts.run(NOW)
        assert set(Shift.objects.values_list("schedule", flat=True)) == {company.schedule.pk}
        assert told() == [
            "schedule Broken cannot be handled (ValueError).\n"
            "It is tried again later, the others go on. The log has it."
        ]
        assert shifts.run(NOW + minutes(1)) == 1  # the sound one; the other is not tried all the time
    shifts.run(NOW + minutes(5))
    assert Shift.objects.filter(schedule=broken).exists()


def test_a_schedule_that_cannot_be_read_hides_nobody_of_the_others_from_the_audit(
    company: cast.Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = cast.schedule("Broken", {"primary": [company.cy]})
    company.ana.notification_rules.all().delete()
    spoil(monkeypatch, "on_call", broken.pk)
    audit.run(NOW)
    assert set(AuditFinding.objects.values_list("kind", flat=True)) == {"unreachable", "row"}


def test_a_look_of_the_audit_that_raises_keeps_from_none_of_the_others(
    company: cast.Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(company.policy)
    Page.objects.update(due_at=None)
    audit.run(NOW)
    JobRun.objects.create(task=audit.TASK, done_at=NOW + minutes(4))
    Page.objects.update(due_at=NOW)
    monkeypatch.setattr(audit, "_stuck", poison)
    audit.run(NOW + minutes(5))
    # What the broken look had found stands; what another look finds is told.
    assert set(findings.standing().values_list("kind", flat=True)) == {"stuck", "late", "row"}


def test_what_is_stumbled_over_is_told_until_it_has_been_quiet_for_ten_minutes(company: cast.Platform) -> None:
    for minute in range(3):
        findings.stumbled("a job", "a row", ValueError(), NOW + minutes(minute))
        findings.stumbled("a job", "another row", ValueError(), NOW + minutes(minute))
    row = AuditFinding.objects.get()
    assert (row.found_at, row.seen_at) == (NOW, NOW + minutes(2))
    audit.run(NOW + minutes(12))
    assert told()
    audit.run(NOW + minutes(13))
    assert not told()


def test_a_row_whose_name_cannot_be_read_is_told_by_its_key(
    company: cast.Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Schedule, "__str__", poison)
    findings.row_failed(company.schedule, Schedule, ValueError(), NOW)
    assert told()[0].startswith(f"schedule {company.schedule.pk} cannot be handled")


def test_a_database_that_is_locked_or_away_is_no_rows_fault(company: cast.Platform) -> None:
    findings.stumbled("a job", "a row", OperationalError("database is locked"), NOW)
    assert not told()


def test_where_history_cannot_be_cancelled_what_is_due_is_sent(
    provider: Provider, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overtaken, "cancel", poison)
    outbox.post([draft("due", page)], NOW)
    assert dispatch.run(NOW + overtaken.TOO_OLD * 2) == 1
    assert provider.keys == ["due"]
    assert len(told()) == 1


def test_a_row_that_may_be_private_is_not_named(company: cast.Platform) -> None:
    page = opened(company.policy, title="The takeover")
    findings.row_failed(page, Page, ValueError(), NOW)
    assert "takeover" not in told()[0]

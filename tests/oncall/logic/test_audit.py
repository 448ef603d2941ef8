"""Rules of the audit: what is a hole, which jobs are late."""

from datetime import timedelta

from oncall.logic.audit import AHEAD, Job, disabled_jobs, holes, joined, late_before, late_jobs, missing_jobs
from tests.cast import NOW

END = NOW + AHEAD
WEEK = [(NOW, END)]


def at(hours: float):
    return NOW + timedelta(hours=hours)


def test_what_nobody_covers_is_a_hole() -> None:
    assert holes(NOW, END, [(at(0), at(5)), (at(4), at(10)), (at(12), END)], [], WEEK) == [(at(10), at(12))]


def test_a_declared_gap_and_time_in_which_nobody_is_needed_are_none() -> None:
    assert holes(NOW, END, [(at(0), at(5))], [(at(4), END)], WEEK) == []
    assert holes(NOW, END, [], [], [(at(1), at(2)), (at(8), at(9))]) == [(at(1), at(2)), (at(8), at(9))]
    assert holes(NOW, END, [(NOW, END)], [], WEEK) == []


def test_spans_that_touch_are_one() -> None:
    assert joined([(at(3), at(4)), (at(0), at(1)), (at(1), at(2))]) == [(at(0), at(2)), (at(3), at(4))]


def job(seconds_ago: float | None, enabled: bool | None = True, every: float = 1) -> Job:
    done_at = None if seconds_ago is None else NOW - timedelta(seconds=seconds_ago)
    return Job(timedelta(seconds=every), enabled, done_at)


def test_a_job_that_ran_and_does_so_no_more_is_late() -> None:
    jobs = {"audit": job(60, every=60), "sweep": job(71), "rare": job(71, every=60), "new": job(None)}
    assert late_jobs(jobs, "audit", NOW) == ["sweep"]


def test_a_job_that_ran_since_the_last_look_is_given_until_the_next() -> None:
    """All may have stood still meanwhile, the audit too."""
    for seconds in (30, 60, 90, 120):
        assert late_jobs({"audit": job(seconds + 60, every=60), "sweep": job(seconds)}, "audit", NOW) == []


def test_a_last_run_from_before_the_clock_was_set_back_is_none() -> None:
    assert late_jobs({"audit": job(60, every=60), "sweep": job(-3600)}, "audit", NOW) == ["sweep"]


def test_a_page_is_late_that_was_due_at_the_last_look_already() -> None:
    minute = timedelta(minutes=1)
    assert late_before(NOW - minute, NOW) == NOW - minute
    assert late_before(NOW - 10 * minute, NOW) == NOW - 10 * minute
    assert late_before(NOW + 60 * minute, NOW) == NOW - minute


def test_after_a_standstill_no_job_is_late_until_the_audit_ran_twice() -> None:
    assert late_jobs({"audit": job(600, every=60), "sweep": job(600)}, "audit", NOW) == []
    assert late_jobs({"audit": job(None, every=60), "sweep": job(600)}, "audit", NOW) == []


def test_a_job_that_is_switched_off_or_unknown_to_the_beat_is_named() -> None:
    jobs = {"a": job(1), "off": job(1, enabled=False), "gone": job(1, enabled=None)}
    assert (disabled_jobs(jobs), missing_jobs(jobs)) == (["off"], ["gone"])
    assert missing_jobs({"a": job(1, enabled=None)}) == []  # no beat runs here, and that is meant

"""Every periodic job, one table, in the order in which one tick runs them."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Job:
    """`run` is the dotted path of a `run(now) -> int` that says how many rows it did; `task` the Celery name."""

    task: str
    run: str
    every_seconds: float
    queue: str


JOBS: tuple[Job, ...] = (
    Job("incidents.intake", "incidents.engine.drain.run", 1, "paging"),
    Job("incidents.heartbeats", "incidents.engine.heartbeats.run", 5, "paging"),
    Job("incidents.silences", "incidents.engine.silences.run", 5, "paging"),
    Job("incidents.holds", "incidents.engine.holds.run", 5, "paging"),
    Job("incidents.ack_timeouts", "incidents.engine.ack_timeouts.run", 10, "paging"),
    Job("incidents.set_back", "incidents.engine.set_back.run", 60, "paging"),
    Job("oncall.audit", "oncall.engine.audit.run", 60, "paging"),
    Job("incidents.audit", "incidents.engine.audit.run", 60, "paging"),
    Job("incidents.findings", "incidents.engine.findings.run", 10, "paging"),
    Job("oncall.escalate", "oncall.engine.escalate.run", 1, "paging"),
    Job("oncall.dispatch", "oncall.engine.dispatch.run", 1, "paging"),
    Job("oncall.shifts", "oncall.engine.shifts.run", 15, "bulk"),
    Job("oncall.handoffs", "oncall.engine.handoffs.run", 15, "bulk"),
    Job("incidents.briefings", "incidents.engine.briefings.run", 10, "bulk"),
    Job("postmortems.drafts", "postmortems.engine.drafts.run", 30, "bulk"),
    Job("postmortems.deadlines", "postmortems.engine.deadlines.run", 60, "bulk"),
    Job("postmortems.chase", "postmortems.engine.chase.run", 60, "bulk"),
    Job("incidents.signatures", "incidents.engine.signatures.run", 300, "bulk"),
    Job("incidentops.contacts", "incidentops.watchdog.contacts.run", 30, "bulk"),
    Job("incidents.retention", "incidents.engine.retention.run", 3600, "bulk"),
    Job("oncall.holidays", "oncall.engine.holidays.run", 3600, "bulk"),
)


def schedule() -> dict[str, dict[str, Any]]:
    """The entries of the beat. A tick that waited too long in the broker is dropped: the next one does its work."""
    return {
        job.task: {
            "task": job.task,
            "schedule": job.every_seconds,
            "options": {"queue": job.queue, "expire_seconds": max(job.every_seconds * 2, 10)},
        }
        for job in JOBS
    }


def routes() -> dict[str, dict[str, str]]:
    """Which queue each job's nudges go to: the pager has its own worker, so that slow work cannot delay a page."""
    return {job.task: {"queue": job.queue} for job in JOBS}

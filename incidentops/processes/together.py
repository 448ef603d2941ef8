"""Looks after the processes of `up`. Standard library only: what the preparation needed is not kept in memory."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass

from incidentops import readiness
from incidentops.supervisor import Program, Supervisor

PATIENCE_SECONDS = 12  # a message on its way to a provider takes up to 10


@dataclass(frozen=True)
class Plan:
    """What to run, where the web server will answer (None: none is run), what to say then and what to say anyway."""

    programs: list[tuple[str, list[str]]]
    web: tuple[str, int, str] | None
    when_ready: list[str]
    always: list[str]


def hand_over(plan: Plan) -> None:
    """Runs `plan` until Ctrl-C, in the place of this process where the platform can replace one."""
    if os.name == "nt":
        run(plan)
        return
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as pipe:  # a plan is far smaller than a pipe's buffer
        json.dump(asdict(plan), pipe)
    os.set_inheritable(reading, True)
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    os.execv(sys.executable, [sys.executable, "-m", "incidentops.processes.together", str(reading)])  # noqa: S606


def run(plan: Plan) -> None:
    """Returns when all has ended."""
    began = time.monotonic()
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "incidentops.settings", "PYTHONUNBUFFERED": "1"}
    environ["PYTHONIOENCODING"] = "utf-8"  # what the supervisor reads, whatever the terminal's own
    programs = [Program(name, tuple(argv), environ) for name, argv in plan.programs]
    told: list[bool] = []

    def announce() -> None:
        told.append(True)
        supervisor.terminal.line(f"Running after {time.monotonic() - began:.0f} s. Ctrl-C ends everything.")
        for line in [*plan.always, *plan.when_ready]:
            supervisor.terminal.line(line)

    def ready() -> bool:
        return plan.web is None or readiness.answers(*plan.web)

    supervisor = Supervisor(programs, ready=ready, announce=announce, patience_seconds=PATIENCE_SECONDS)
    supervisor.run()
    for line in [] if told else plan.always:
        supervisor.terminal.line(line)


if __name__ == "__main__":
    with os.fdopen(int(sys.argv[1])) as given:
        plan = Plan(**json.load(given))
    run(plan)

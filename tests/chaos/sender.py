"""A sender of alerts at a steady rate that repeats what was not accepted, as monitoring systems do; it keeps a log."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests

TIMEOUT_SECONDS = 10.0
AGAIN_SECONDS = (0.5, 1.0, 2.0)
RESOLVE_SHARE = 0.1
REPEAT_SHARE = 0.15
SEVERITIES = ("critical", "error")
OLD_ENOUGH = 5.0  # a problem is repeated or resolved this many seconds after it was accepted, at the earliest


@dataclass(slots=True, eq=False)
class Problem:
    """One dedup key and what was said of it, in monotonic seconds; None: not (yet) accepted."""

    number: int
    sent_at: float
    accepted_at: float | None = None
    resolve_sent_at: float | None = None
    resolved_at: float | None = None
    under_way: int = 0

    def settled(self, now: float) -> bool:
        """Whether another event of it can overtake none that is still being repeated."""
        if self.accepted_at is None or self.resolve_sent_at is not None or self.under_way:
            return False
        return now - self.accepted_at > OLD_ENOUGH


@dataclass(eq=False)
class Sender:
    """`sent` counts events, not tries; `answers` counts tries by status, or by the name of what broke. `first` is the
    number of its first problem: several senders to one key, one after the other, mean different ones."""

    url: str
    rate: float
    choose: random.Random
    first: int = 0
    problems: list[Problem] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    accepted: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, seconds: float) -> None:
        """Open loop: an event every 1/rate seconds whatever the answers, each in a thread of its own; returns once
        the last one is accepted or `over` is set."""
        begin = time.monotonic()
        with ThreadPoolExecutor(400) as pool:
            for number in range(int(seconds * self.rate)):
                if (wait := begin + number / self.rate - time.monotonic()) > 0:
                    time.sleep(wait)
                pool.submit(self._event, *self._next())

    def _next(self) -> tuple[Problem, str]:
        """The event to be sent: a new problem, a repeat or a resolve of one that was accepted a while ago."""
        now = time.monotonic()
        draw = self.choose.random()
        old = self.choose.choice(self.problems) if self.problems else None
        with self.lock:
            self.sent += 1
            if old and old.settled(now) and draw < RESOLVE_SHARE + REPEAT_SHARE:
                old.under_way += 1
                if draw < RESOLVE_SHARE:
                    old.resolve_sent_at = now
                    return old, "resolve"
                return old, "trigger"
            problem = Problem(self.first + len(self.problems), now, under_way=1)
            self.problems.append(problem)
        return problem, "trigger"

    def _event(self, problem: Problem, action: str) -> None:
        tries = 0
        while not self._accepted(problem, action):
            if self.over.wait(AGAIN_SECONDS[min(tries, len(AGAIN_SECONDS) - 1)]):
                return
            tries += 1
        with self.lock:
            self.accepted += 1
            problem.under_way -= 1
            if action == "resolve":
                problem.resolved_at = time.monotonic()
            elif problem.accepted_at is None:
                problem.accepted_at = time.monotonic()

    def _accepted(self, problem: Problem, action: str) -> bool:
        said = f"problem {problem.number}"
        severity = SEVERITIES[problem.number % len(SEVERITIES)]  # always the same: a raise would page anew
        body = {"summary": f"{said} here", "dedup_key": said, "action": action, "severity": severity}
        try:
            answer = requests.post(self.url, json=body, timeout=TIMEOUT_SECONDS)
        except requests.RequestException as error:
            said = type(error).__name__
        else:
            said = str(answer.status_code)
        with self.lock:
            self.answers[said] += 1
        return said == "202"

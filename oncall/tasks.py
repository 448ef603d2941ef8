"""What workers run of this app: one task per job, each reading the clock once."""

import threading
from typing import Any

from celery import shared_task
from celery.signals import worker_init, worker_process_shutdown, worker_shutdown
from django.utils import timezone

from oncall import nudge
from oncall.engine import audit, dispatch, handoffs, holidays, loop, shifts, soon
from oncall.engine.looks import Looks

_LOOKS = Looks()


@shared_task(name="oncall.escalate", ignore_result=True, bind=True)
def escalate_due(task: Any) -> int:
    if getattr(task.request, nudge.HEADER, False):
        _LOOKS.whole_next()
    return soon.run(timezone.now(), _LOOKS)


@shared_task(name="oncall.dispatch", ignore_result=True)
def dispatch_due() -> int:
    """Waits for no provider: a task that did would keep the next alerts from being worked on."""
    return dispatch.run(timezone.now(), patience=None)


@shared_task(name="oncall.audit", ignore_result=True)
def audit_all() -> int:
    return audit.run(timezone.now())


@shared_task(name="oncall.shifts", ignore_result=True)
def record_shifts() -> int:
    return shifts.run(timezone.now())


@shared_task(name="oncall.handoffs", ignore_result=True)
def make_handoffs() -> int:
    return handoffs.run(timezone.now())


@shared_task(name="oncall.holidays", ignore_result=True)
def copy_holidays() -> int:
    return holidays.run(timezone.now())


@worker_init.connect
def warm_up(sender: Any = None, **_: Any) -> None:
    """A worker that sends loads its channels while it begins: after a kill a second counts. A web hook needs none of
    them; the first message by a vendor waits for what is left to load."""
    if sender is None or "paging" in sender.app.amqp.queues.consume_from:
        threading.Thread(target=dispatch.warm_up, name="warm-up", daemon=True).start()


@worker_process_shutdown.connect
@worker_shutdown.connect
def end_what_is_under_way(**_: Any) -> None:
    """A message cut off between sending and recording would be sent again by the next worker."""
    loop.finish(seconds=dispatch.TIMEOUT_SECONDS)

"""What workers run of this app: one task per job, each reading the clock once."""

from celery import shared_task
from django.utils import timezone

from incidents.engine import (
    ack_timeouts,
    audit,
    briefings,
    drain,
    findings,
    heartbeats,
    holds,
    retention,
    set_back,
    signatures,
    silences,
)


@shared_task(name="incidents.intake", ignore_result=True)
def drain_inbox() -> int:
    return drain.run(timezone.now(), rests=True)


@shared_task(name="incidents.heartbeats", ignore_result=True)
def watch_heartbeats() -> int:
    return heartbeats.run(timezone.now())


@shared_task(name="incidents.silences", ignore_result=True)
def end_silences() -> int:
    return silences.run(timezone.now())


@shared_task(name="incidents.holds", ignore_result=True)
def hold_and_release() -> int:
    return holds.run(timezone.now())


@shared_task(name="incidents.ack_timeouts", ignore_result=True)
def page_again() -> int:
    return ack_timeouts.run(timezone.now())


@shared_task(name="incidents.set_back", ignore_result=True)
def begin_waits_anew() -> int:
    return set_back.run(timezone.now())


@shared_task(name="incidents.signatures", ignore_result=True)
def forget_signed_messages() -> int:
    return signatures.run(timezone.now())


@shared_task(name="incidents.audit", ignore_result=True)
def audit_all() -> int:
    return audit.run(timezone.now())


@shared_task(name="incidents.findings", ignore_result=True)
def tell_findings() -> int:
    return findings.run(timezone.now())


@shared_task(name="incidents.briefings", ignore_result=True)
def brief() -> int:
    return briefings.run(timezone.now())


@shared_task(name="incidents.retention", ignore_result=True)
def forget() -> int:
    return retention.run(timezone.now())

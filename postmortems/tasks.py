"""What workers run of this app: one task per job, each reading the clock once."""

from celery import shared_task
from django.utils import timezone

from postmortems.engine import chase, deadlines, drafts


@shared_task(name="postmortems.drafts", ignore_result=True)
def draft_postmortems() -> int:
    return drafts.run(timezone.now())


@shared_task(name="postmortems.deadlines", ignore_result=True)
def remind_of_deadlines() -> int:
    return deadlines.run(timezone.now())


@shared_task(name="postmortems.chase", ignore_result=True)
def send_digests() -> int:
    return chase.run(timezone.now())

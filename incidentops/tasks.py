"""What workers run of the project itself: one task per job, each reading the clock once."""

from celery import shared_task
from django.utils import timezone

from incidentops.watchdog import contacts


@shared_task(name="incidentops.contacts", ignore_result=True)
def list_contacts() -> int:
    return contacts.run(timezone.now())

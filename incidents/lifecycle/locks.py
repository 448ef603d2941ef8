"""The one order of locks: service, pages, incident."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import QuerySet

from incidents.lifecycle.refusals import Refused
from incidents.logic.states import IllegalVerb, State, Verb, after
from incidents.models import Incident, Service
from oncall.models import Page


@contextmanager
def locked(*incidents: Incident) -> Iterator[tuple[Incident, ...]]:
    """Inside one transaction, the incidents locked and read anew, in the order given.

    Their services are locked first (two racing senders, or a sender and a verb, queue there), then the running pages
    by key, then the incidents. SQLite has one writer: the transaction itself is the lock. Raises Incident.DoesNotExist.
    """
    ids = {incident.pk for incident in incidents}
    with transaction.atomic():
        services = {incident.service_id for incident in incidents}
        # No key: rows that point at what is locked (timeline entries, alerts) may still be written by others.
        list(_locked_ids(Service.objects.filter(pk__in=services)))
        subjects = {incident.subject for incident in incidents}
        list(_locked_ids(Page.objects.running().filter(subject__in=subjects)))
        rows = Incident.objects.select_related("severity", "service__team").filter(pk__in=ids).order_by("pk")
        fresh = {row.pk: row for row in rows.select_for_update(of=("self",), no_key=True)}
        if len(fresh) < len(ids):
            raise Incident.DoesNotExist
        yield tuple(fresh[incident.pk] for incident in incidents)


def _locked_ids(rows: QuerySet[Service] | QuerySet[Page]) -> Iterator[int]:
    return iter(rows.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))


def state_after(incident: Incident, verb: Verb) -> State:
    """The state after the verb. Raises Refused (conflict) where the incident's state does not allow it."""
    try:
        return after(incident.state, verb)
    except IllegalVerb as error:
        raise Refused(str(error), conflict=True) from error

"""The one order of locks: service, pages, incident."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import transaction

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
        lock_services({incident.service_id for incident in incidents})
        subjects = {incident.subject for incident in incidents}
        # As paging locks them, so that its verbs find what they need held already.
        pages = Page.objects.running().filter(subject__in=subjects).order_by("pk")
        list(pages.select_for_update().values_list("pk"))
        rows = Incident.objects.select_related("severity", "service__team").filter(pk__in=ids).order_by("pk")
        fresh = {row.pk: row for row in rows.select_for_update(of=("self",), no_key=True)}
        if len(fresh) < len(ids):
            raise Incident.DoesNotExist
        yield tuple(fresh[incident.pk] for incident in incidents)


def lock_services(ids: Iterable[int]) -> None:
    """Lock services in key order, until the caller's transaction ends.

    Without their keys: rows that point at them (alerts, incidents) may still be written by others.
    """
    rows = Service.objects.filter(pk__in=set(ids)).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))


def state_after(incident: Incident, verb: Verb) -> State:
    """The state after the verb. Raises Refused (conflict) where the incident's state does not allow it."""
    try:
        return after(incident.state, verb)
    except IllegalVerb as error:
        raise Refused(str(error), conflict=True) from error

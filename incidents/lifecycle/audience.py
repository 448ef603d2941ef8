"""Who may see a private incident, and its pages: roles, responders, those it paged."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from incidents.models import Incident, Responder, RoleAssignment
from oncall import bulk
from oncall.models import Notification, Page


def of(incident_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """The people of each incident; two queries."""
    ids = list(incident_ids)
    people: dict[int, set[int]] = defaultdict(set)
    for model in (Responder, RoleAssignment):
        for incident, person in model.objects.filter(incident__in=ids).values_list("incident", "person"):
            people[incident].add(person)
    return {pk: frozenset(people[pk]) for pk in ids}


def admit(people: Mapping[int, Iterable[int]], now: datetime, private: Iterable[int] | None = None) -> None:
    """Make people (by incident) responders, and let them see the incident's pages where it is private.

    `private`: those of the incidents that are, where the caller has just read it. Rows are only added, so nothing is
    locked; who is already in stays in.
    """
    rows = [(incident, person, now) for incident, persons in people.items() for person in dict.fromkeys(persons)]
    if not rows:
        return
    bulk.insert(Responder, ("incident_id", "person_id", "added_at"), rows, unless_there=True)
    if private is None:
        private = Incident.objects.filter(pk__in=people, private=True).values_list("pk", flat=True)
    _open_pages_to({pk: people[pk] for pk in private})


def follow(incident: Incident, now: datetime) -> None:
    """Everybody whom the incident's pages reached becomes a responder."""
    messages = Notification.objects.filter(
        page__subject=incident.subject, kind=Notification.Kind.PAGE, person__isnull=False
    )
    admit({incident.pk: list(messages.values_list("person_id", flat=True).distinct().order_by("person_id"))}, now)


def _open_pages_to(people: Mapping[int, Iterable[int]]) -> None:
    subjects = {f"incident:{pk}": persons for pk, persons in people.items()}
    if not subjects:
        return
    seen = Page.audience.through
    pages = Page.objects.filter(subject__in=subjects).values_list("pk", "subject")
    seen.objects.bulk_create(
        [seen(page_id=page, user_id=person) for page, subject in pages for person in dict.fromkeys(subjects[subject])],
        ignore_conflicts=True,
    )

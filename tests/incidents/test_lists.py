"""Long lists: read from an index in their order, and found by title, service or number."""

import pytest
from django.db import connection
from django.db.models import QuerySet

from incidents import lifecycle
from incidents.models import Incident
from incidents.models.incidents import OVER
from oncall.models import Page, newest
from oncall.paging import Actor
from tests import cast
from tests.cast import NOW

ENGINE = Actor(None, "", "engine")


def declared(*titles: str, service: str = "Checkout") -> list[Incident]:
    made = cast.service(service)
    openings = [
        lifecycle.Opening(
            service_id=made.pk,
            severity_id=lifecycle.opening.default_severity(made).pk,
            title=title,
            started_at=NOW,
            detected_at=NOW,
            received_at=NOW,
        )
        for title in titles
    ]
    return lifecycle.open_many(openings, NOW)


def sought(words: str) -> list[str]:
    return sorted(Incident.objects.all().sought(words).values_list("title", flat=True))


@pytest.mark.parametrize(
    "words, found",
    [
        ("disk", ["A full DISK", "disk slow"]),
        ("full disk", ["A full DISK"]),
        ('"disk slow"', ["disk slow"]),
        ('"slow disk"', []),
        ("basket", ["Login fails"]),
        ("basket disk", []),
        ("0003", ["Login fails"]),
        ("3", ["Login fails"]),
        ("INC-2026-0003", ["Login fails"]),
        ("inc-2026-000", ["A full DISK", "Login fails", "disk slow"]),
        ("2026-0002", ["disk slow"]),
        ("%", []),
        ("'", ["A full DISK", "Login fails", "disk slow"]),
        ("", ["A full DISK", "Login fails", "disk slow"]),
    ],
)
def test_an_incident_is_found_by_words_of_its_title_its_service_or_its_number(
    db: None, words: str, found: list[str]
) -> None:
    declared("A full DISK", "disk slow")
    declared("Login fails", service="Basket")
    assert sought(words) == found


def test_what_no_index_knows_is_sought_in_the_newest_rows_only(db: None) -> None:
    old, young = declared("first", "second")
    assert list(newest(Incident.objects.all(), count=1)) == [young]
    assert set(newest(Incident.objects.all(), count=2)) == {old, young}


@pytest.mark.parametrize(
    "index, rows",
    [
        ("incident_listed", lambda: Incident.objects.annotate(over=OVER)),
        ("incident_of_service", lambda: Incident.objects.annotate(over=OVER).filter(service=1)),
        ("incident_of_severity", lambda: Incident.objects.annotate(over=OVER).filter(severity=1)),
        ("incident_in_state", lambda: Incident.objects.annotate(over=OVER).filter(state="closed")),
        ("incident_private", lambda: Incident.objects.annotate(over=OVER).filter(private=True)),
    ],
)
def test_a_list_of_incidents_is_read_from_an_index_in_its_order(
    db: None, index: str, rows: "type[QuerySet[Incident]]"
) -> None:
    declared("one")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # which would not use an index for so few
            cursor.execute("SET LOCAL enable_sort = off")
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = rows().order_by("over", "-opened_at", "-id").explain()
    assert index in plan, plan
    assert "Sort" not in plan and "TEMP B-TREE" not in plan, plan


def test_whether_a_page_is_due_is_read_from_an_index(db: None) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Page.objects.filter(due_at__lte=NOW).order_by("due_at").values("due_at")[:1].explain()
    assert "page_due_at" in plan, plan


def test_an_incident_is_over_in_lists_when_its_state_says_so(db: None) -> None:
    made, _other = declared("one", "two")
    lifecycle.resolve(made, ENGINE, NOW)
    over = dict(Incident.objects.annotate(over=OVER).values_list("title", "over"))
    assert over == {"one": True, "two": False}

"""Every verb takes its locks in one order: service, pages, incident."""

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import lifecycle
from incidents.models import Incident
from oncall.paging import Actor
from tests import cast
from tests.cast import NOW

TABLES = ("incidents_service", "oncall_page", "incidents_incident")


def test_a_verb_reads_service_then_pages_then_incident(company: cast.Platform, opened: Callable[..., Incident]) -> None:
    incident = opened()
    with (
        CaptureQueriesContext(
            connection,
        ) as queries,
        lifecycle.locked(incident),
    ):
        pass
    asked = [
        next(table for table in TABLES if f'FROM "{table}"' in query["sql"])
        for query in queries
        if "FROM" in query["sql"]
    ]
    assert asked == list(TABLES)


def test_two_incidents_are_locked_by_key_whatever_their_order(
    company: cast.Platform, opened: Callable[..., Incident]
) -> None:
    one, two = opened(), opened()
    with CaptureQueriesContext(connection) as queries, lifecycle.locked(two, one) as fresh:
        assert fresh == (two, one)
    assert all("ORDER BY" in query["sql"] for query in queries if "FROM" in query["sql"])


def test_a_verb_of_a_person_goes_through_the_locks(company: cast.Platform, opened: Callable[..., Incident]) -> None:
    incident = opened()
    with CaptureQueriesContext(connection) as queries:
        lifecycle.acknowledge(incident, Actor(company.ana, "Ana", "console"), NOW)
    told = [query["sql"] for query in queries]
    first = {
        table: next(i for i, sql in enumerate(told) if sql.startswith("SELECT") and f'FROM "{table}"' in sql)
        for table in TABLES
    }
    assert first["incidents_service"] < first["oncall_page"]

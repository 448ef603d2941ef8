"""What years leave behind: incidents, alerts, pages and messages by the million, made by the database itself.

One in a thousand is open; its page waits for the next step, an hour ahead or more. Titles are some words and a number;
one in ten thousand says "kraken".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from incidents.models import Integration, Severity
from oncall import paging
from oncall.models import EscalationPolicy, Page

_AT_ONCE: Final = 100_000
# `n` counts from the first row asked for, `%(now)s` is the instant of the newest; a row is 30 s older than the next.
_TITLE: Final = """
    (ARRAY['Error', 'Latency', 'Disk', 'Queue', 'Memory'])[1 + n %% 5] || ' ' ||
    (ARRAY['rate', 'budget', 'usage', 'length', 'pressure', 'age', 'share'])[1 + n %% 7] || ' of ' ||
    (ARRAY['checkout', 'search', 'billing', 'login', 'mail', 'feeds', 'media', 'maps'])[1 + (n / 3) %% 8] ||
    ' above limit on host ' || n || CASE WHEN n %% 10000 = 77 THEN ' kraken' ELSE '' END
"""
_AT: Final = "%(now)s::timestamptz - n * interval '30 seconds'"
_OPEN: Final = "n %% 1000 = 0"

_INCIDENTS: Final = f"""
    INSERT INTO incidents_incident
        (number, title, service_id, severity_id, state, private, detection, mitigation, reopen_count, false_alarm,
         started_at, detected_at, opened_at, resolved_at, latest_alert_at, alert_count)
    SELECT 'INC-1999-' || n, {_TITLE}, (%(services)s::bigint[])[1 + n %% %(of)s],
        (%(severities)s::bigint[])[1 + (n / 7) %% 4],
        CASE WHEN {_OPEN} THEN CASE WHEN n %% 2000 = 0 THEN 'triggered' ELSE 'acknowledged' END ELSE 'resolved' END,
        n %% 100 = 3, 'alert', '', 0, false, {_AT}, {_AT}, {_AT},
        CASE WHEN {_OPEN} THEN NULL ELSE {_AT} + interval '20 minutes' END, {_AT}, 1
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
_ALERTS: Final = """
    INSERT INTO incidents_alert
        (integration_id, service_id, incident_id, dedup_key, title, severity_id, source, labels, "values", links, count,
         started_at, first_seen_at, last_seen_at, resolved_at)
    SELECT (%(integrations)s::bigint[])[1 + n %% %(of)s], i.service_id, i.id, 'key ' || n, i.title, i.severity_id,
        'probe', '{"host": "db1", "job": "node"}', '{}', '[]', 1, i.opened_at, i.opened_at, i.opened_at, i.resolved_at
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
    JOIN incidents_incident AS i ON i.number = 'INC-1999-' || n
"""
_PAGES: Final = f"""
    INSERT INTO oncall_page
        (subject, title, severity_label, rank, urgency, service, started_at, facts, links, private, policy_id, state,
         opened_at, step, round, due_at, hold_reason, failures, last_error, end_reason)
    SELECT 'incident:' || i.id, i.title, 'SEV-' || s.rank, s.rank, 'high', 'Checkout', i.opened_at, '[]', '[]',
        i.private, %(policy)s, CASE WHEN {_OPEN} THEN 'open' ELSE 'resolved' END, i.opened_at, 2, 1,
        CASE WHEN {_OPEN} THEN %(now)s::timestamptz + interval '1 hour' + n * interval '1 second' END, '', 0, '', ''
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
    JOIN incidents_incident AS i ON i.number = 'INC-1999-' || n JOIN incidents_severity AS s ON s.id = i.severity_id
"""
_MESSAGES: Final = """
    INSERT INTO oncall_notification
        (key, kind, person_id, recipient, transport, address, page_id, step, round, private, urgency, rank, title, text,
         link, state, created_at, due_at, give_up_at, attempts, sent_at, reason)
    SELECT 'stock:' || p.id, 'page', %(person)s, 'Ana (a***@example.org)', 'email', 'ana@example.org', p.id, 1, 1,
        p.private, 'high', p.rank, left(p.title, 300), 'What is broken, since when, and where to look.', '', 'sent',
        p.opened_at, p.opened_at, p.opened_at + interval '30 minutes', 1, p.opened_at, 'taken'
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
    JOIN incidents_incident AS i ON i.number = 'INC-1999-' || n JOIN oncall_page AS p ON p.subject = 'incident:' || i.id
"""
_RECEIVED: Final = """
    INSERT INTO incidents_inboxitem
        (integration_id, received_at, signals, signal_count, state, tries, error, done_at)
    SELECT (%(integrations)s::bigint[])[1 + n %% %(of)s], %(now)s, '[]', 1, 'done', 0, '', %(now)s
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
_PAGE: Final = """
    INSERT INTO oncall_page
        (subject, title, severity_label, rank, urgency, service, started_at, facts, links, private, policy_id, state,
         opened_at, step, round, due_at, hold_reason, failures, last_error, end_reason)
    SELECT {subject}, 'Error rate above 5 %% on host ' || n, 'SEV-' || 1 + n %% 4, 1 + n %% 4, 'high', 'Checkout',
        %(now)s, '[{{"label": "Alerts", "value": "1"}}]', '[]', false, %(policy)s, 'open', %(now)s, 1, 1,
        %(due)s::timestamptz + n * %(apart)s * interval '1 second', '', 0, '', ''
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n {joined}
"""
_WAITING: Final = _PAGE.format(subject="'waiting:' || n", joined="")
_OF_INCIDENT: Final = "JOIN incidents_incident AS i ON i.number = 'INC-1999-' || n"
_BURNING: Final = _PAGE.format(subject="'incident:' || i.id", joined=_OF_INCIDENT)


@dataclass(frozen=True, slots=True)
class Stock:
    """Whose years they are: a company whose first policy pages its first person."""

    values: dict[str, Any]

    @classmethod
    def of(cls, senders: Sequence[Integration], person: int, policy: int, now: datetime) -> "Stock":
        return cls(
            {
                "services": [sender.service_id for sender in senders],
                "integrations": [sender.pk for sender in senders],
                "of": len(senders),
                "severities": list(Severity.objects.order_by("rank").values_list("pk", flat=True)),
                "person": person,
                "policy": policy,
                "now": now,
            }
        )

    def years(self, first: int, last: int) -> None:
        """The incidents numbered so, each with its alert, its page and its message."""
        self._fill([_INCIDENTS, _ALERTS, _PAGES, _MESSAGES], first, last)
        _settled("incidents_incident", "incidents_alert", "oncall_page", "oncall_notification")

    def received(self, first: int, last: int) -> None:
        """As many rows of the inbox that were worked on."""
        self._fill([_RECEIVED], first, last)
        _settled("incidents_inboxitem")

    def waiting(self, first: int, last: int, due_at: datetime, seconds_apart: float = 0.0) -> None:
        """Open pages of nothing in particular, whose first step is due at `due_at` and later."""
        self._fill([_WAITING], first, last, due=due_at, apart=seconds_apart)
        _settled("oncall_page")

    def forget_waiting(self) -> None:
        """Without the ORM, which names every row that it deletes."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM oncall_page WHERE subject LIKE 'waiting:%'")

    def burning(self, first: int, last: int, due_at: datetime, seconds_apart: float = 0.0) -> None:
        """The same, each of an incident of its own."""
        self._fill([_INCIDENTS], first, last)
        _settled("incidents_incident")
        self._fill([_BURNING], first, last, due=due_at, apart=seconds_apart)
        _settled("oncall_page")

    def _fill(self, statements: Sequence[str], first: int, last: int, **more: Any) -> None:
        with connection.cursor() as cursor:
            # Rows that fit together by how they are made need not be looked up one by one.
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("SET statement_timeout = 0")
            for start in range(first, last + 1, _AT_ONCE):
                part = {"first": start, "last": min(start + _AT_ONCE - 1, last)}
                for statement in statements:
                    cursor.execute(statement, {**self.values, **part, **more})
            cursor.execute("RESET session_replication_role")


def policy_version() -> int:
    """The company's policy as pages have it."""
    now = timezone.now()
    platform = EscalationPolicy.objects.get(slug="platform")
    content = paging.PageContent("Down", "SEV-1 Critical", 1, "high", "Checkout", now)
    paging.open_pages([paging.PageRequest("first", content, platform.pk, now)], now)
    page = Page.objects.get(subject="first")
    paging.end("first", "it was only to have its policy", now, responders=True)
    return page.policy_id or 0


def _settled(*tables: str) -> None:
    """What autovacuum does in its time."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"VACUUM ANALYZE {table}")

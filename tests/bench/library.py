"""The library over twenty thousand published postmortems: every kind of question, at a tenth of the rows and at all."""

import time

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.utils import timezone

from incidents.models import Severity
from oncall.models import User
from postmortems.models import Postmortem
from tests.bench.backlog import Company
from tests.bench.figures import Figure
from tests.bench.run import Run

TARGET_MS, GROWTH = 150, 2.0
LOOKS = 5
QUESTIONS = (
    *("", "p=40", "q=pool", "q=kraken", "q=pool+exhausted+index", "q=nowhere", "q=PM-1999-4242", "q=tag7"),
    *("severity=SEV-1", "service=bench-0", "factor_class=process", "tag=tag7", "kind=all&q=deploy"),
    "q=pool&severity=SEV-2&factor_class=tooling",
)
# Some two thousand letters each, as a page of prose has them; one in a thousand says "kraken".
_TEXT = """
    (SELECT string_agg((ARRAY['pool', 'exhausted', 'query', 'index', 'deploy', 'canary', 'alert', 'rollback', 'cache',
        'replica', 'timeout', 'retry', 'load', 'plan', 'review', 'monitor', 'queue', 'disk', 'network', 'region'])
        [1 + (n * 7 + w * w) % 20] || (CASE WHEN w % 9 = 0 THEN (n * w % 5000)::text ELSE '' END), ' ')
     FROM generate_series(1, 70) AS w)
"""
_ROWS = f"""
    INSERT INTO postmortems_postmortem (number, title, kind, state, version, created_at, published_at, service_id,
        severity_id, happened_on, revenue_currency, impact_text, summary, detection, symptom, root_cause, went_well,
        went_poorly, got_lucky, lessons, cause_waiver)
    SELECT 'PM-1999-' || n, 'Outage of the shop, number ' || n || CASE WHEN n % 1000 = 7 THEN ' kraken' ELSE '' END,
        'full', 'published', 1, at, at, %(service)s, (%(severities)s::bigint[])[1 + n % 4], at::date, '',
        'Nobody could pay.', {_TEXT}, '', '', {_TEXT}, {_TEXT}, '', '', {_TEXT}, ''
    FROM (SELECT n, %(now)s::timestamptz - n * interval '1 hour' AS at
          FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n) AS numbered
"""
_FACTORS = """
    INSERT INTO postmortems_factor (postmortem_id, position, text, factor_class, waiver)
    SELECT id, 0, 'No review', (ARRAY['people', 'process', 'tooling'])[1 + id % 3], '' FROM postmortems_postmortem
    WHERE NOT EXISTS (SELECT 1 FROM postmortems_factor WHERE postmortem_id = postmortems_postmortem.id)
"""
_TAGS = """
    INSERT INTO postmortems_tag (postmortem_id, word)
    SELECT id, 'tag' || id % 200 FROM postmortems_postmortem
    WHERE NOT EXISTS (SELECT 1 FROM postmortems_tag WHERE postmortem_id = postmortems_postmortem.id)
"""


def figures(run: Run) -> list[Figure]:
    settings.ALLOWED_HOSTS = ["testserver"]
    company = Company.found()
    zoe = User.objects.get(username="zoe")
    zoe.groups.set(Group.objects.all())
    client = Client()
    client.force_login(zoe)
    many = run.count(20_000)
    _fill(1, many // 10, company)
    few = {asked: _took_ms(client, asked) for asked in QUESTIONS}
    _fill(many // 10 + 1, many, company)
    all_ = {asked: _took_ms(client, asked) for asked in QUESTIONS}
    assert Postmortem.objects.count() == many
    worst = max(all_, key=lambda asked: all_[asked])
    growth = sorted(all_[asked] / few[asked] for asked in QUESTIONS)[len(QUESTIONS) // 2]
    name = f"library of {many:,} postmortems, the slowest of {len(QUESTIONS)} searches ({worst or 'plain'})"
    return [
        Figure(name, all_[worst], "ms", TARGET_MS),
        Figure("… 10 × the postmortems, the middle search", growth, "x", GROWTH),
        Figure("the middle search of the library", sorted(all_.values())[len(all_) // 2], "ms"),
    ]


def _fill(first: int, last: int, company: Company) -> None:
    given = {
        "first": first,
        "last": last,
        "now": timezone.now(),
        "service": company.senders[0].service_id,
        "severities": list(Severity.objects.order_by("rank").values_list("pk", flat=True)),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_ROWS.replace(" % ", " %% "), given)
        cursor.execute(_FACTORS)
        cursor.execute(_TAGS)
        for table in ("postmortems_postmortem", "postmortems_factor", "postmortems_tag"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def _took_ms(client: Client, asked: str) -> float:
    """The median of some looks, after one that warms up."""
    took = []
    for _look in range(LOOKS + 1):
        began = time.perf_counter()
        answer = client.get(f"/admin/postmortems/postmortem/library/?{asked}")
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (asked, answer.status_code)
    return sorted(took[1:])[LOOKS // 2]

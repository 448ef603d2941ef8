"""Mail scanners and previews open every link: a thousand of them change nothing at all."""

import hashlib
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils import timezone

from oncall import contacts, keys
from oncall.models import Notification, Page
from postmortems.models import ActionItem
from tests import cast
from tests.permissions.story import Story

TIMES = 1_000


def everything() -> dict[str, tuple[int, str]]:
    """Every table, how many rows it has, and a digest of them all."""
    found = {}
    tables = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)})
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")
            rows = cursor.fetchall()
            found[table] = len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


@pytest.mark.services
@pytest.mark.thorough
def test_a_thousand_looks_at_links_change_nothing(told: Story) -> None:
    method = cast.contact(told.company.ana, "two", "two@example.org", kind="email", verified=False)
    contacts.start_verification(method, timezone.now())
    links = [Notification.objects.get(kind="code").link]
    for page in Page.objects.order_by("pk"):
        for person in (told.company.ana.pk, None):
            links.append(keys.page_link(page.pk, person, timezone.now()))
    item = ActionItem.objects.filter(owner__isnull=False).first()
    assert item is not None
    done = keys.signed_link("action", item.pk, keys.reader_stamp(item.owner_id or 0), timezone.now())
    paths = [urlsplit(link).path for link in (*links, done)]
    queries = ["", "?act=ack", "?act=resolve", "?said=ack&stopped=3&moving=1.2", "?text=x&act=note"]
    before, statuses = everything(), set()
    for number in range(TIMES):
        # Each fifth is a page on a phone, the dearer one: every page, for its reader and for a shared room.
        path = paths[0] if number % 5 else paths[1 + number // 5 % (len(paths) - 1)]
        address = path + queries[number % len(queries)]
        client = Client(HTTP_USER_AGENT="scanner")
        statuses.add((client.head if number % 3 == 0 else client.get)(address).status_code)
    assert statuses == {200}
    assert len(before) > 40
    assert [table for table, rows in everything().items() if rows != before[table]] == []

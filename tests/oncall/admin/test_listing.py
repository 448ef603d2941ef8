"""Lists are written by us as the theme writes them, heading by heading and cell by cell."""

import pytest
from django.contrib import admin
from django.http import QueryDict
from django.test import Client, RequestFactory
from unfold.templatetags import unfold_list as theme

from oncall.admin import listing
from tests.hostile.doors import town


@pytest.mark.parametrize("query", ["", "o=1", "_popup=1"])
def test_every_cell_is_the_themes(db: None, query: str) -> None:
    request = RequestFactory().get("/")
    request.user, request.GET = town().boss, QueryDict(query)
    seen = set()
    for page in admin.site._registry.values():
        changes = page.get_changelist_instance(request)
        headers = list(theme.result_headers(changes))
        for row in changes.result_list[:5]:
            theirs = [str(cell) for cell in theme.items_for_result(changes, row, None)]
            assert [str(cell) for cell in listing.cells(changes, row, headers)] == theirs
            seen.add(page.model)
    assert len(seen) >= 12


def test_headings_are_made_once_a_page(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    made, headers = [], theme.result_headers
    monkeypatch.setattr(theme, "result_headers", lambda changes: made.append(changes) or headers(changes))
    client = Client()
    client.force_login(town().boss)
    answer = client.get("/admin/oncall/user/")
    assert answer.content.count(b"action-checkbox") > 3
    assert len(made) == 1

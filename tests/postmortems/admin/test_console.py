"""Postmortems and action items in the console: lists, the text, the verbs, the board."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from oncall.models import User
from postmortems import drafting
from postmortems.models import ActionItem, Postmortem, PostmortemTemplate
from tests import cast
from tests.postmortems.writing import LATER, action, whole

SignIn = Callable[[User], Client]
LIMIT = 12


def address(row: Any, verb: str = "change") -> str:
    return reverse(f"admin:postmortems_{row._meta.model_name}_{verb}", args=[row.pk])


def test_what_is_missing_and_doubtful_words_stand_on_the_page(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    drafting.edit(postmortem, 1, {"summary": "The engineer forgot to test the query."}, None, LATER)
    page = browser(company.ana).get(address(postmortem)).content.decode()
    assert "Ask why, at least once." in page
    assert "<mark>" in page
    assert "impact → recovered" in page


def test_it_goes_its_way_by_buttons(postmortem: Postmortem, company: cast.Platform, browser: SignIn) -> None:
    client = browser(company.bo)
    assert client.post(address(postmortem, "publish")).status_code == 409
    client.post(address(postmortem, "schedule_review"), {"at": "2026-01-16T10:00"})
    assert Postmortem.objects.get().review_scheduled_at == LATER
    client.post(address(postmortem, "start_review"))
    answer = client.post(address(postmortem, "publish"))
    assert (answer.status_code, "Write a summary." in answer.content.decode()) == (409, True)
    drafting.edit(Postmortem.objects.get(), Postmortem.objects.get().version, {}, None, LATER)
    Postmortem.objects.update(state="draft")
    whole(Postmortem.objects.get(), company.ana)
    assert client.post(address(postmortem, "publish")).status_code == 302
    made = Postmortem.objects.get()
    assert made.state == "published"
    page = client.get(address(made)).content.decode()
    assert "Plans are looked at before they run." in page
    assert 'name="_save"' not in page, "its text is fixed"


def test_who_was_there_is_told_when_the_review_was_held(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    first, *others = postmortem.attendees.order_by("pk")
    browser(company.bo).post(address(postmortem, "hold_review"), {"attended": [str(first.pk)]})
    first.refresh_from_db()
    assert first.attended
    assert {row.attended for row in postmortem.attendees.exclude(pk=first.pk)} == ({False} if others else set())


def test_who_only_looks_on_has_no_button_and_no_way_around(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    made, client = action(postmortem, company.ana), browser(company.cy)
    page = client.get(address(postmortem)).content.decode()
    assert "../publish/" not in page
    for verb in ("start_review", "publish", "waive", "comment", "assign"):
        assert client.post(address(postmortem, verb)).status_code == 403
    for verb in ("begin", "finish", "decline", "move"):
        assert client.post(address(made, verb)).status_code == 403
    assert client.post(address(postmortem), {"summary": "x"}).status_code == 403


def test_an_action_is_added_for_a_postmortem_and_done_with_evidence(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    client = browser(company.ana)
    where = reverse("admin:postmortems_actionitem_add")
    assert client.get(f"{where}?postmortem={postmortem.pk}").status_code == 200
    given = {
        "postmortem": postmortem.pk, "description": "Add the index", "kind": "prevent", "priority": "P1",
        "owner": company.ana.pk, "due_on": "", "link": "",
    }  # fmt: skip
    assert client.post(where, given).status_code == 302
    made = ActionItem.objects.get()
    assert (str(made.due_on), made.owner) == ("2026-01-28", company.ana)
    data = {"description": "Add the index!", "kind": "prevent", "priority": "P2", "link": ""}
    assert client.post(address(made), data).status_code == 302
    made.refresh_from_db()
    assert (made.description, made.priority, made.owner) == ("Add the index!", "P2", company.ana)
    client.post(address(made, "finish"), {"evidence": "PR 7"})
    made.refresh_from_db()
    assert made.status == "done"


def test_the_board_has_columns_filters_and_works_by_buttons(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn, clock: Any
) -> None:
    mine = action(postmortem, company.cy, description="Zebra")
    action(postmortem, company.ana, description="Another's", priority="P1")
    client, board = browser(company.cy), reverse("admin:postmortems_actionitem_board")
    page = client.get(board).content.decode()
    assert ("Zebra" in page, "Another&#x27;s" in page) == (True, True)
    page = client.get(f"{board}?owner=me&priority=P2").content.decode()
    assert ("Zebra" in page, "Another&#x27;s" in page) == (True, False)
    answer = client.post(address(mine, "begin"), {"then": "board"})
    assert answer["Location"] == f"{board}?#action-{mine.pk}"
    clock.move_to("2026-09-01T00:00:00Z")
    page = browser(company.cy).get(board).content.decode()
    assert "days late" in page


def test_the_board_of_many_asks_few_questions(postmortem: Postmortem, company: cast.Platform, browser: SignIn) -> None:
    for number in range(40):
        action(postmortem, company.ana, description=f"a{number}")
    client, board = browser(company.zoe), reverse("admin:postmortems_actionitem_board")
    client.get(board)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(board).status_code == 200
    assert len(queries) <= LIMIT


def test_lists_open_within_twelve_queries(postmortem: Postmortem, company: cast.Platform, browser: SignIn) -> None:
    PostmortemTemplate.objects.create(name="All")
    for number in range(30):
        action(postmortem, company.ana, description=f"a{number}")
        Postmortem.objects.create(number=f"PM-x-{number}", title="x", created_at=LATER, owner=company.ana)
    client = browser(company.zoe)
    costs = {}
    for name in ("postmortem", "actionitem", "postmortemtemplate"):
        where = reverse(f"admin:postmortems_{name}_changelist")
        client.get(where)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(where).status_code == 200
        costs[name] = len(queries)
    assert {name: cost for name, cost in costs.items() if cost > LIMIT} == {}


def test_one_is_started_by_hand(resolved: Any, company: cast.Platform, browser: SignIn) -> None:
    incident = resolved("SEV-3")
    client, where = browser(company.ana), reverse("admin:postmortems_postmortem_add")
    assert client.post(where, {"incident": "INC-1"}).status_code == 400
    answer = client.post(where, {"incident": incident.number})
    assert answer["Location"] == address(Postmortem.objects.get())


@pytest.mark.parametrize("field", ["summary", "title"])
def test_what_people_write_is_shown_as_text(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn, field: str
) -> None:
    drafting.edit(postmortem, 1, {field: "<script>alert(1)</script>"}, None, LATER)
    for where in (address(postmortem), reverse("admin:postmortems_postmortem_changelist")):
        assert "<script>alert(1)" not in browser(company.ana).get(where).content.decode()


def test_the_first_page_says_what_is_due_late_and_mine(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn, clock: Any
) -> None:
    action(postmortem, company.ana, description="Zebra")
    where = reverse("admin:index")
    page = browser(company.ana).get(where).content.decode()
    assert ("Postmortems to be published" in page, "1 is yours" in page, "1 late" in page) == (True, True, False)
    clock.move_to("2026-09-01T00:00:00Z")
    page = browser(company.ana).get(where).content.decode()
    assert ("1 late" in page, "1 overdue" in page, "Zebra" in page) == (True, True, True)
    incident = postmortem.incident
    assert incident is not None
    incident.private = True
    incident.save()
    assert "Postmortems to be published" not in browser(company.zoe).get(where).content.decode()

"""The board and the list of action items: what is asked for stays asked for, and many are re-planned at once."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from oncall.models import User
from postmortems import actions
from postmortems.admin import board as board_module
from postmortems.admin.asked import Asked, asked, the_list
from postmortems.models import ActionItem, DueMove, Postmortem
from tests import cast
from tests.postmortems.writing import LATER, action

SignIn = Callable[[User], Client]
LIMIT = 12


@pytest.fixture
def board() -> str:
    return reverse("admin:postmortems_actionitem_board")


@pytest.fixture
def changelist() -> str:
    return reverse("admin:postmortems_actionitem_changelist")


def columns(client: Client, address: str) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200
    return {column.status: column for place in answer.context["places"] for column in place}


def texts(column: Any) -> list[str]:
    return [card.row.description for card in column.cards]


def test_a_column_begins_with_the_most_overdue_and_ends_with_what_has_no_date(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn, board: str
) -> None:
    for name, due in (("soon", 3), ("late", -3), ("later", 9), ("latest", -30)):
        made = action(postmortem, company.ana, description=name)
        ActionItem.objects.filter(pk=made.pk).update(due_on=LATER.date() + timedelta(days=due))
    made = action(postmortem, company.ana, description="no date")
    ActionItem.objects.filter(pk=made.pk).update(due_on=None)
    found = columns(browser(company.cy), board)["open"]
    assert texts(found) == ["latest", "late", "soon", "later", "no date"]
    assert [card.late for card in found.cards] == [True, True, False, False, False]


def test_a_long_column_is_cut_and_says_so_with_a_way_to_all(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn, board: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_module, "SHOWN", 2)
    for number in range(5):
        action(postmortem, company.ana, description=f"a{number}", priority="P1")
    client = browser(company.cy)
    answer = client.get(f"{board}?priority=P1&owner=ana")
    page = answer.content.decode()
    column = columns(client, f"{board}?priority=P1&owner=ana")["open"]
    assert (column.count, len(column.cards)) == (5, 2)
    assert "The 2 most urgent of 5." in page
    assert client.get(column.whole).context["cl"].result_count == 5


def test_filters_are_kept_through_a_verb_and_lead_back_to_the_card(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn, board: str
) -> None:
    made, client = action(postmortem, company.ana), browser(company.ana)
    finish = reverse("admin:postmortems_actionitem_finish", args=[made.pk])
    page = client.get(f"{board}?owner=me&priority=P2").content.decode()
    assert "there=priority%3DP2%26owner%3Dme" in page
    given = {"then": "board", "there": "owner=me&priority=P2&evil=//example.org", "evidence": "PR 7"}
    answer = client.post(finish, given)
    assert answer["Location"] == f"{board}?priority=P2&owner=me#action-{made.pk}"


@pytest.mark.parametrize("said", ["//example.org/", "https://example.org", "\r\nX: y", "x" * 9_000, "owner=%00%0d"])
def test_the_way_back_is_never_somebody_elses_address(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn, board: str, said: str
) -> None:
    made = action(postmortem, company.ana)
    where = reverse("admin:postmortems_actionitem_begin", args=[made.pk])
    answer = browser(company.ana).post(where, {"then": "board", "there": said})
    assert answer["Location"].startswith(f"{board}?")
    assert len(answer["Location"]) < 500


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("owner=me", ["mine"]),
        ("owner=ana", ["mine"]),
        ("owner=Ana", ["mine"]),
        ("owner=search+crew", ["written"]),
        ("owner=nobody-at-all", []),
        ("priority=P1", ["mine"]),
        ("priority=P9", ["mine", "theirs", "written"]),
        ("team=platform", ["mine", "theirs", "written"]),
        ("team=elsewhere", []),
        ("incident=NUMBER", ["mine", "theirs", "written"]),
        ("incident=INC-1999-0001", []),
        ("owner=%00&team=%00", ["mine", "theirs", "written"]),
    ],
)
def test_the_list_shows_what_the_board_shows(
    postmortem: Postmortem,
    company: cast.Platform,
    browser: SignIn,
    board: str,
    changelist: str,
    query: str,
    found: list[str],
) -> None:
    action(postmortem, company.ana, description="mine", priority="P1")
    action(postmortem, company.bo, description="theirs")
    action(postmortem, None, description="written", owner_name="search crew")
    assert postmortem.incident
    query = query.replace("NUMBER", postmortem.incident.number.lower())
    client = browser(company.ana)
    answer = client.get(f"{board}?{query}")
    cards = [text for place in answer.context["places"] for column in place for text in texts(column)]
    assert sorted(cards) == found
    listed = client.get(answer.context["as_list"])
    assert sorted(row.description for row in listed.context["cl"].result_list) == found


def test_what_is_asked_for_reads_as_it_was_written() -> None:
    wanted = Asked("platform", "P1", "Ana B", "INC-2026-0001")
    pairs = dict(part.split("=") for part in wanted.query().split("&"))
    assert asked({name: value.replace("+", " ") for name, value in pairs.items()}) == wanted
    assert not asked({})
    assert "priority__exact=P1" in the_list(wanted)


def test_private_ones_are_on_nobody_elses_board(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn, board: str, changelist: str
) -> None:
    action(postmortem, company.ana, description="Secret")
    incident = postmortem.incident
    assert incident
    incident.private = True
    incident.save()
    client = browser(company.zoe)
    assert "Secret" not in client.get(board).content.decode()
    assert columns(client, f"{board}?incident={incident.number}")["open"].count == 0
    assert "Secret" not in client.get(reverse("admin:postmortems_actionitem_figures") + "?as=items").content.decode()


def test_the_board_asks_as_many_questions_for_many_as_for_few(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn, board: str
) -> None:
    client = browser(company.zoe)
    action(postmortem, company.ana)
    costs = []
    for _round in range(2):
        client.get(board)
        with CaptureQueriesContext(connection) as queries:
            client.get(board)
        costs.append(len(queries))
        for number in range(30):
            action(postmortem, company.ana, description=f"a{number}")
    assert costs[1] <= costs[0]
    assert costs[1] <= LIMIT


# -- many at once ----------------------------------------------------------------------------------------------------
def chosen(rows: list[ActionItem], verb: str, **more: str) -> dict[str, Any]:
    return {"action": verb, ACTION_CHECKBOX_NAME: [row.pk for row in rows], **more}


def test_many_dates_are_moved_with_one_reason_that_each_keeps(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn, changelist: str
) -> None:
    rows = [action(postmortem, company.ana, description=f"a{number}") for number in range(3)]
    before = rows[0].due_on
    actions.finish(rows[2], "PR 7", None, LATER)
    client = browser(company.ana)
    asking = client.post(changelist, chosen(rows, "replan")).content.decode()
    assert ("a0" in asking, "is left as it is" in asking) == (True, True)
    assert not DueMove.objects.exists()
    answer = client.post(changelist, chosen(rows, "replan", sure="1", to_on="2026-06-01", reason=""))
    assert (answer.status_code, DueMove.objects.count()) == (400, 0)
    answer = client.post(changelist, chosen(rows, "replan", sure="1", to_on="2026-06-01", reason="Freeze"), follow=True)
    page = answer.content.decode()
    assert "2 action items." in page
    assert "a2: It is done." in page
    moves = list(DueMove.objects.order_by("pk"))
    assert [(move.from_on, move.to_on, move.reason, move.by) for move in moves] == [
        (before, date(2026, 6, 1), "Freeze", company.ana)
    ] * 2
    assert [str(row.due_on) for row in ActionItem.objects.order_by("pk")[:2]] == ["2026-06-01"] * 2


def test_many_are_handed_over_with_a_reason(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn, changelist: str
) -> None:
    rows = [action(postmortem, company.ana, description=f"a{number}") for number in range(2)]
    client = browser(company.ana)
    for wrong in ({"owner": "bo"}, {"owner": "nobody-at-all", "reason": "Leave"}):
        assert client.post(changelist, chosen(rows, "reassign", sure="1", **wrong)).status_code == 400
    client.post(changelist, chosen(rows, "reassign", sure="1", owner="bo", reason="On leave"))
    assert set(ActionItem.objects.values_list("owner__username", flat=True)) == {"bo"}
    assert postmortem.events.filter(text__contains="On leave").count() == 2


def test_who_only_looks_on_re_plans_nothing(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn, changelist: str
) -> None:
    made = action(postmortem, company.cy)
    browser(company.cy).post(changelist, chosen([made], "replan", sure="1", to_on="2026-06-01", reason="Because"))
    assert not DueMove.objects.exists()

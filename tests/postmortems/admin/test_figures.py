"""The figures: each number is what its list shows, and no cell of the CSV is a formula."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from oncall.models import User
from postmortems import actions
from postmortems.logic.completion import Tally, median_days
from postmortems.models import ActionItem, Postmortem
from tests import cast
from tests.postmortems.writing import LATER, action

SignIn = Callable[[User], Client]


@pytest.fixture
def figures() -> str:
    return reverse("admin:postmortems_actionitem_figures")


@pytest.fixture
def some(postmortem: Postmortem, company: cast.Platform) -> list[ActionItem]:
    """Of two priorities and two ages, of a team and of none: done, to do, overdue, declined."""
    alone = Postmortem.objects.create(number="PM-0", title="Of no service", created_at=LATER)
    made = []
    for about, priority, days, took in (
        *((postmortem, "P1", 100, 4), (postmortem, "P1", 40, 8), (postmortem, "P2", 20, 0), (postmortem, "P2", 1, 0)),
        *((alone, "P2", 5, 2), (alone, "P2", 5, 0), (alone, "", 400, 0)),
    ):
        row = action(about, company.ana, priority=priority, description=f"{priority} of {days} days")
        added = LATER - timedelta(days=days)
        ActionItem.objects.filter(pk=row.pk).update(created_at=added, due_on=(added + timedelta(days=14)).date())
        if took:
            actions.finish(row, "PR 7", None, LATER)
            ActionItem.objects.filter(pk=row.pk).update(finished_at=added + timedelta(days=took))
        made.append(row)
    actions.decline(made[3], "Not worth it", company.zoe, LATER)
    return made


def lines(client: Client, address: str) -> dict[str, dict[str, Any]]:
    answer = client.get(address)
    assert answer.status_code == 200
    found = {group.key: {line.words: line for line in group.lines} for group in answer.context["groups"]}
    return {"all": {"": answer.context["whole"]}, **found}


def test_rates_are_by_team_priority_and_age(
    some: list[ActionItem], company: cast.Platform, browser: SignIn, figures: str
) -> None:
    found = lines(browser(company.zoe), figures)
    assert found["all"][""].tally == Tally(done=3, open=2, overdue=1, declined=1)
    assert (found["all"][""].percent, found["all"][""].took) == ("60%", "4.0")
    assert found["team"]["Platform"].tally == Tally(done=2, open=1, overdue=1, declined=1)
    assert found["team"]["no team"].tally == Tally(done=1, open=1)
    assert (found["priority"]["P1"].percent, found["priority"]["P1"].took) == ("100%", "6.0")
    assert found["priority"]["P2"].percent == "33%"
    assert [line.tally.all for line in found["age"].values()] == [3, 1, 1, 1]
    always = lines(browser(company.zoe), f"{figures}?since=")
    assert always["priority"]["no priority"].tally == Tally(open=1, overdue=1)


@pytest.mark.parametrize("query", ["", "?since=", "?since=30", "?team=platform", "?team=-&since="])
def test_each_number_opens_a_list_of_as_many(
    some: list[ActionItem], company: cast.Platform, browser: SignIn, figures: str, query: str
) -> None:
    client = browser(company.zoe)
    wrong = []
    for group, of_group in lines(client, figures + query).items():
        for words, line in of_group.items():
            for name in ("all", "done", "open", "overdue", "declined"):
                listed = client.get(line.lists[name]).context["cl"].result_count
                if listed != getattr(line.tally, name):
                    wrong.append((group, words, name, getattr(line.tally, name), listed))
    assert wrong == []


def test_each_weeks_number_opens_its_list(
    some: list[ActionItem], company: cast.Platform, browser: SignIn, figures: str
) -> None:
    client = browser(company.zoe)
    for query in ("?since=", "?team=platform&since="):
        table = client.get(figures + query).context["weeks"].table
        listed = [client.get(address).context["cl"].result_count for _words, _count, address in table]
        assert listed == [count for _words, count, _address in table], query
        assert sum(listed) > 0


def test_no_number_of_the_page_is_without_a_list(
    some: list[ActionItem], company: cast.Platform, browser: SignIn, figures: str
) -> None:
    page = browser(company.zoe).get(figures).content.decode()
    cells = ["".join(pair) for pair in re.findall(r"<dd>(.*?)</dd>|<td data-label[^>]*>(.*?)</td>", page, re.DOTALL)]
    numbers = [cell for cell in cells if re.fullmatch(r"[\d.,%]+", re.sub(r"<[^>]*>", "", cell))]
    assert len(numbers) > 40
    assert [cell for cell in numbers if not cell.startswith('<a href="/admin/postmortems/actionitem/?')] == []


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "x", "2026-13-01", "\x00"])
def test_a_week_that_is_none_finds_everything(
    some: list[ActionItem], company: cast.Platform, browser: SignIn, figures: str, day: str
) -> None:
    answer = browser(company.zoe).get(reverse("admin:postmortems_actionitem_changelist"), {"finished": day})
    assert answer.status_code == 200


def test_plots_say_in_words_what_they_show(
    some: list[ActionItem], company: cast.Platform, browser: SignIn, figures: str
) -> None:
    page = browser(company.zoe).get(figures).content.decode()
    assert "P1: 2 done, 0 to do, 0 of these overdue</title>" in page
    assert page.count('role="img"') >= 8
    assert "<desc" in page
    assert "style=" not in page.partition('class="io-page"')[2].partition("</main>")[0].partition("<svg")[2]


def test_nothing_at_all_is_a_page_too(company: cast.Platform, browser: SignIn, figures: str) -> None:
    assert lines(browser(company.zoe), figures)["all"][""].percent == "–"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"])
def test_no_cell_of_a_csv_is_a_formula(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn, figures: str, text: str
) -> None:
    made = action(postmortem, None, owner_name=text.strip()[:100])
    ActionItem.objects.filter(pk=made.pk).update(description=text, evidence=text, reason=text)
    company.team.name = text.strip()
    company.team.save()
    client = browser(company.zoe)
    for kind in ("csv", "items"):
        answer = client.get(f"{figures}?as={kind}")
        assert answer["Content-Disposition"].startswith("attachment")
        cells = [cell for row in csv.reader(io.StringIO(answer.content.decode())) for cell in row]
        assert any(text.strip() in cell for cell in cells)
        assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@", "＝"))]


def test_the_csv_has_the_numbers_of_the_page(
    some: list[ActionItem], company: cast.Platform, browser: SignIn, figures: str
) -> None:
    answer = browser(company.zoe).get(f"{figures}?as=csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    of_p1 = next(row for row in rows if row["group"] == "P1")
    assert (of_p1["done"], of_p1["completion"], of_p1["median days to done"]) == ("2", "1.0", "6.0")
    items = list(csv.DictReader(io.StringIO(browser(company.zoe).get(f"{figures}?as=items").content.decode())))
    assert len(items) == 6


def test_the_page_costs_the_same_for_many(
    some: list[ActionItem], company: cast.Platform, browser: SignIn, figures: str
) -> None:
    client = browser(company.zoe)
    client.get(figures)
    with CaptureQueriesContext(connection) as queries:
        client.get(figures)
    assert len(queries) <= 14


def test_what_wont_be_done_counts_for_neither() -> None:
    assert Tally(done=1, open=1, declined=8).rate == 0.5
    assert Tally(declined=3).rate is None
    assert (median_days([]), median_days([1, 5, 30])) == (None, 5)

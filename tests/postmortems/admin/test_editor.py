"""The page on which a postmortem is written: saved by the button and while typing, and by two people at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from postmortems import drafting, publishing
from postmortems.models import Postmortem
from tests import cast
from tests.postmortems.admin.pages import SignIn, address, filled, typed
from tests.postmortems.writing import LATER, action, now_of, whole

MOST = 40  # queries of the page, whatever stands in it


def test_opening_and_saving_changes_nothing(postmortem: Postmortem, company: cast.Platform, browser: SignIn) -> None:
    made = whole(postmortem, company.ana)
    client = browser(company.ana)
    data = filled(client, made)
    answer = typed(client, made, data)
    assert (answer["wrong"], answer["conflicts"]) == ({}, [])
    assert Postmortem.objects.get().version == made.version
    assert set(answer["marks"].items()) == {(k[5:], v) for k, v in data.items() if k.startswith("read-")}


def test_the_text_and_its_lists_are_saved_by_the_button(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    client = browser(company.ana)
    more = {
        "summary": "It was down.", "factors-0-text": "No plan", "factors-0-factor_class": "process",
        "tags-0-word": "db", "revenue_amount": "45000", "revenue_currency": "eur", "stated_duration": "47",
        "gaps-0-kind": "silent_failure", "gaps-0-text": "The pool", "alerted_at": "2026-01-14 12:05",
    }  # fmt: skip
    answer = client.post(address(postmortem), filled(client, postmortem, **more))
    assert answer.status_code == 302, answer.context["saved"].wrong
    made = Postmortem.objects.get()
    assert (made.summary, made.factors.get().text, made.tags.get().word) == ("It was down.", "No plan", "db")
    assert (made.revenue_currency, made.gaps.get().kind) == ("EUR", "silent_failure")
    assert made.stated_duration is not None
    assert (made.stated_duration.total_seconds(), made.alerted_at.isoformat()) == (2820, "2026-01-14T12:05:00+00:00")  # type: ignore[union-attr]
    assert made.timeline.count() == postmortem.timeline.count()
    assert None not in {row.entry_id for row in made.timeline.all()}, "reworded or not, the link to the entry stays"


def test_whys_are_written_as_a_chain_that_branches(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    client = browser(company.ana)
    more = {
        "whys-0-text": "The pool was full", "whys-1-under": "0", "whys-1-text": "A query", "whys-1-is_cause": "on",
        "whys-7-under": "1", "whys-7-text": "No index", "whys-3-under": "0", "whys-3-text": "A small pool",
    }  # fmt: skip
    answer = typed(client, postmortem, filled(client, postmortem, **more))
    made = {why.text: why for why in Postmortem.objects.get().whys.select_related("parent")}
    assert {text: why.parent and why.parent.text for text, why in made.items()} == {
        "The pool was full": None, "A query": "The pool was full", "A small pool": "The pool was full",
        "No index": "A query",
    }  # fmt: skip
    assert answer["ids"]["whys-7"] == made["No index"].pk
    assert [why.is_cause for why in (made["A query"], made["No index"])] == [True, False]
    again = filled(client, postmortem)
    assert [again[f"whys-{n}-text"] for n in range(4)] == ["The pool was full", "A query", "No index", "A small pool"]
    typed(client, postmortem, again | {"whys-1-remove": "on"})
    assert Postmortem.objects.get().whys.get(text="No index").parent == made["The pool was full"]


def test_asking_why_without_script_opens_a_row_below(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    client = browser(company.ana)
    data = filled(client, postmortem, **{"whys-0-text": "The pool was full", "ask": "0"})
    answer = client.post(address(postmortem), data)
    why = Postmortem.objects.get().whys.get()
    assert answer["Location"] == f"{address(postmortem)}?ask={why.pk}#five_whys"
    rows = client.get(answer["Location"]).context["lists"]["whys"].rows
    assert [str(row["under"].value()) for row in rows] == ["None", "0"]


def test_entries_of_the_incident_are_chosen_and_keep_their_link(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    kept = postmortem.timeline.first()
    assert kept is not None
    entry = kept.entry_id
    made = drafting.put(postmortem, postmortem.version, "timeline", [], None, LATER)
    client = browser(company.ana)
    answer = client.post(address(made), filled(client, made) | {"entry": [str(entry), "999999"]})
    assert answer["Location"].endswith("#timeline")
    assert made.timeline.get().entry_id == entry
    client.post(address(made), filled(client, made) | {"entry": [str(entry)]})
    assert made.timeline.count() == 1, "once"


def test_people_are_known_by_account_or_kept_as_they_were_written(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    client = browser(company.ana)
    more = {"authors-5-who": "cy", "authors-6-who": "Somebody From Outside", "attendees-9-who": "cy"}
    typed(client, postmortem, filled(client, postmortem, **more))
    made = {row.name: row.person for row in Postmortem.objects.get().authors.all()}
    assert made[str(company.cy)] == company.cy
    assert made["Somebody From Outside"] is None
    twice = typed(client, postmortem, filled(client, postmortem, **{"attendees-20-who": "cy"}))
    assert "twice" in twice["wrong"]["attendees"]


def test_typing_is_saved_and_answers_what_is_missing_and_doubtful(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    client = browser(company.ana)
    answer = typed(client, postmortem, filled(client, postmortem, root_cause="The engineer forgot the index."))
    assert Postmortem.objects.get().root_cause == "The engineer forgot the index."
    assert answer["at"].endswith("UTC")
    assert "<mark>" in answer["parts"]["hints-root_cause"]
    assert "Describe the root cause." not in answer["parts"]["missing"]
    assert "Write a summary." in answer["parts"]["missing"]


def test_what_cannot_be_read_is_marked_and_all_else_is_saved(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    client = browser(company.ana)
    wrong = {
        "users_affected": "many",
        "revenue_amount": "45",
        "alerted_at": "noon",
        "factors-0-factor_class": "process",
    }
    wrong |= {"timeline-0-at": "9999-01-01 00:00", "service": "nothing-of-the-kind", "summary": "Kept."}
    answer = typed(client, postmortem, filled(client, postmortem, **wrong))
    assert set(answer["wrong"]) == {"users_affected", "revenue_currency", "alerted_at", "timeline-0-at", "service"}
    assert Postmortem.objects.get().summary == "Kept."
    page = client.post(address(postmortem), filled(client, postmortem, users_affected="many", lessons="Also kept."))
    assert (page.status_code, "many" in page.content.decode()) == (400, True)
    assert Postmortem.objects.get().lessons == "Also kept."


def test_a_preview_shows_markdown_and_runs_nothing(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    client = browser(company.ana)
    html = client.post(address(postmortem, "preview"), {"text": "**Down** <script>alert(1)</script>"}).content.decode()
    assert ("<strong>Down</strong>" in html, "<script" in html) == (True, False)
    page = client.post(address(postmortem), filled(client, postmortem, summary="**Down**", preview="summary"))
    assert "<strong>Down</strong>" in page.content.decode()
    assert Postmortem.objects.get().summary == "", "looking saves nothing"


def test_a_published_one_is_read_and_neither_saved_nor_previewed_away(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    client = browser(company.ana)
    data = filled(client, postmortem, summary="Other")
    made = publishing.publish(whole(postmortem, company.ana), None, LATER)
    assert client.post(address(made, "save"), data).status_code == 409
    assert client.post(address(made), data).status_code == 409
    page = client.get(address(made)).content.decode()
    assert ("pm-form" in page, "Plans are looked at before they run." in page) == (False, True)
    assert Postmortem.objects.get().summary == made.summary


def test_who_only_looks_on_reads_and_saves_nothing(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    client = browser(company.cy)
    assert "pm-form" not in client.get(address(postmortem)).content.decode()
    assert client.post(address(postmortem, "save"), {"summary": "x"}).status_code == 403
    assert client.post(address(postmortem), {"summary": "x"}).status_code == 403
    assert client.get(address(postmortem, "save")).status_code == 405
    assert client.get(address(postmortem, "preview")).status_code == 405


def test_the_owner_writes_without_any_permission(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    drafting.assign(postmortem, company.cy, now_of(company.bo), LATER)
    client = browser(company.cy)
    typed(client, postmortem, filled(client, postmortem, summary="Cy's"))
    assert Postmortem.objects.get().summary == "Cy's"


@pytest.mark.parametrize("rows", [2, 60])
def test_the_page_asks_few_questions_however_long_the_text(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn, rows: int
) -> None:
    made = whole(postmortem, company.ana)
    lines = [{"at": LATER, "text": f"Line {number}"} for number in range(rows)]
    made = drafting.put(made, made.version, "timeline", lines, None, LATER)
    whys = [{"text": f"Why {number}", "under": number - 1 if number else None} for number in range(rows)]
    made = drafting.put(made, made.version, "whys", whys, None, LATER)
    for number in range(rows):
        action(made, company.ana, description=f"a{number}")
    client = browser(company.zoe)
    client.get(address(made))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address(made)).status_code == 200
    assert len(queries) <= MOST

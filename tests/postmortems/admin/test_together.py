"""Two people write one postmortem at once: nothing is overwritten, and both texts are shown."""

import pytest
from django.utils.html import escape

from postmortems import drafting, publishing
from postmortems.drafting import marks
from postmortems.models import Postmortem
from tests import cast
from tests.postmortems.admin.pages import SignIn, address, filled, typed
from tests.postmortems.writing import LATER, whole


def test_two_people_write_at_different_sections_and_both_are_saved(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    ana, bo = browser(company.ana), browser(company.bo)
    of_ana, of_bo = filled(ana, postmortem, summary="Ana's"), filled(bo, postmortem, lessons="Bo's")
    typed(ana, postmortem, of_ana)
    answer = typed(bo, postmortem, of_bo)
    assert answer["conflicts"] == []
    assert answer["values"] == {"summary": "Ana's"}, "what Ana wrote appears on Bo's page"
    made = Postmortem.objects.get()
    assert (made.summary, made.lessons) == ("Ana's", "Bo's")


def test_of_two_who_write_the_same_the_second_chooses_between_both_texts(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    ana, bo = browser(company.ana), browser(company.bo)
    of_ana, of_bo = filled(ana, postmortem, summary="Ana's"), filled(bo, postmortem, summary="Bo's", lessons="Kept")
    typed(ana, postmortem, of_ana)
    answer = typed(bo, postmortem, of_bo)
    assert answer["conflicts"] == ["summary"]
    for words in ("Ana's", "Bo's", str(company.ana)):
        assert escape(words) in answer["parts"]["conflict-summary"]
    made = Postmortem.objects.get()
    assert (made.summary, made.lessons) == ("Ana's", "Kept"), "nothing is overwritten, all else is saved"
    page = bo.post(address(postmortem), of_bo)
    assert (page.status_code, page.content.decode().count("choose-summary")) == (409, 2)
    mark = marks.current(made, "summary")
    for choice, text in (("theirs", "Ana's"), ("mine", "Bo's")):
        chosen = of_bo | {"choose-summary": choice, "theirs-summary": mark}
        assert typed(bo, postmortem, chosen)["conflicts"] == []
        assert Postmortem.objects.get().summary == text
    typed(ana, postmortem, filled(ana, postmortem, summary="Ana's again"))
    late = typed(bo, postmortem, of_bo | {"choose-summary": "mine", "theirs-summary": mark})
    assert late["conflicts"] == ["summary"], "what came after the choice is shown too"


def test_of_two_who_write_the_same_list_the_second_is_asked_too(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    ana, bo = browser(company.ana), browser(company.bo)
    of_bo = filled(bo, postmortem, **{"factors-0-text": "Bo's factor"})
    typed(ana, postmortem, filled(ana, postmortem, **{"factors-0-text": "Ana's factor"}))
    answer = typed(bo, postmortem, of_bo)
    assert answer["conflicts"] == ["factors"]
    assert [row.text for row in Postmortem.objects.get().factors.all()] == ["Ana's factor"]
    mark = marks.current(postmortem, "factors")
    typed(bo, postmortem, of_bo | {"choose-factors": "mine", "theirs-factors": mark})
    assert [row.text for row in Postmortem.objects.get().factors.all()] == ["Bo's factor"]


def test_a_row_that_somebody_removed_comes_back_as_the_other_wrote_it(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    rows = [{"text": "First"}, {"text": "Second", "under": 0}, {"text": "Third", "under": 1}]
    drafting.put(postmortem, postmortem.version, "whys", rows, None, LATER)
    ana, bo = browser(company.ana), browser(company.bo)
    of_bo = filled(bo, postmortem, **{"whys-1-text": "Bo's second", "whys-3-text": "Bo's fourth", "whys-3-under": "1"})
    typed(ana, postmortem, filled(ana, postmortem) | {"whys-1-remove": "on"})
    assert typed(bo, postmortem, of_bo)["conflicts"] == ["whys"]
    choice = {"choose-whys": "mine", "theirs-whys": marks.current(postmortem, "whys")}
    answer = typed(bo, postmortem, of_bo | choice)
    assert (answer["wrong"], answer["conflicts"]) == ({}, [])
    told = [(row.text, row.parent and row.parent.text) for row in Postmortem.objects.get().whys.order_by("position")]
    assert told == [("First", None), ("Bo's second", "First"), ("Third", "Bo's second"), ("Bo's fourth", "Bo's second")]
    keys = dict(Postmortem.objects.get().whys.values_list("text", "pk"))
    assert answer["ids"] == {"whys-1": keys["Bo's second"], "whys-3": keys["Bo's fourth"]}
    again = (
        of_bo | {f"{prefix}-id": key for prefix, key in answer["ids"].items()} | {"read-whys": answer["marks"]["whys"]}
    )
    assert typed(bo, postmortem, again)["conflicts"] == []
    assert Postmortem.objects.get().whys.count() == 4, "the page goes on with the rows as they are now"


@pytest.mark.parametrize(("ended", "status"), [("published", 409), ("no longer allowed", 403)])
def test_what_was_typed_when_it_could_not_be_saved_any_more_is_shown_to_be_kept(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn, ended: str, status: int
) -> None:
    made = whole(postmortem, company.ana)
    client = browser(company.ana)
    data = filled(client, made, summary="A long <evening>'s work", **{"factors-0-text": "Nobody looks"})
    if ended == "published":
        publishing.publish(made, None, LATER)
    else:
        company.ana.groups.clear()
        company.ana.groups.add(*company.cy.groups.all())
    answer = client.post(address(made), data)
    page = answer.content.decode()
    assert answer.status_code == status
    assert escape("A long <evening>'s work") in page and "Nobody looks" in page
    assert "The database was down for an hour." in page, "what stands there is beside it"
    assert page.count("io-pm-unsaved") == 2, "what nobody changed is not shown"
    assert Postmortem.objects.get().summary == made.summary

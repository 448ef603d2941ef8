"""Two people write one postmortem at once: nothing is overwritten, and both texts are shown."""

from django.utils.html import escape

from postmortems.drafting import marks
from postmortems.models import Postmortem
from tests import cast
from tests.postmortems.admin.pages import SignIn, address, filled, typed


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

"""Two people at one text never overwrite each other; what they write is judged and bounded."""

from datetime import timedelta
from decimal import Decimal

import pytest

from incidents.lifecycle import NotAllowed, Refused
from incidents.models import Severity
from postmortems import drafting, publishing
from postmortems.models import Postmortem, Why
from tests import cast
from tests.cast import NOW
from tests.postmortems.writing import LATER, now_of, whole


def test_whoever_saves_second_is_told_what_stands_there_now(postmortem: Postmortem, company: cast.Platform) -> None:
    read = postmortem.version
    drafting.edit(postmortem, read, {"summary": "Ana's"}, now_of(company.ana), LATER)
    with pytest.raises(drafting.Stale) as stale:
        drafting.edit(postmortem, read, {"summary": "Bo's"}, now_of(company.bo), LATER)
    assert stale.value.theirs.summary == "Ana's"
    assert Postmortem.objects.get().summary == "Ana's"


def test_saving_what_is_there_already_makes_no_version(postmortem: Postmortem) -> None:
    made = drafting.edit(postmortem, postmortem.version, {"summary": "x "}, None, LATER)
    again = drafting.edit(made, made.version, {"summary": " x"}, None, LATER)
    assert again.version == made.version == postmortem.version + 1


def test_saving_while_typing_is_one_event(postmortem: Postmortem, company: cast.Platform) -> None:
    made, by = postmortem, now_of(company.ana)
    for second in range(20):
        at = LATER + timedelta(seconds=second)
        made = drafting.edit(made, made.version, {"summary": f"text {second}"}, by, at)
    assert made.events.filter(kind="edited").count() == 1
    drafting.edit(made, made.version, {"summary": "the end"}, by, LATER + timedelta(hours=1))
    assert made.events.filter(kind="edited").count() == 2


def test_values_are_judged_by_name(postmortem: Postmortem) -> None:
    for values, field in (
        ({"title": ""}, "title"),
        ({"users_affected": -1}, "users_affected"),
        ({"revenue_amount": Decimal("45000")}, "revenue_currency"),
        ({"revenue_currency": "EURO"}, "revenue_currency"),
        ({"summary": "x" * 100_001}, "summary"),
        ({"state": "published"}, "state"),
        ({"number": "PM-1"}, "number"),
    ):
        with pytest.raises(Refused) as refused:
            drafting.edit(postmortem, postmortem.version, values, None, LATER)
        assert refused.value.field == field
    made = drafting.edit(postmortem, 1, {"revenue_amount": Decimal("45000"), "revenue_currency": "usd"}, None, LATER)
    assert made.revenue_currency == "USD"


def test_a_published_text_is_fixed(postmortem: Postmortem, company: cast.Platform) -> None:
    made = publishing.publish(whole(postmortem, company.ana), None, LATER)
    with pytest.raises(Refused, match="reopen"):
        drafting.edit(made, made.version, {"summary": "other"}, None, LATER)
    with pytest.raises(Refused, match="reopen"):
        drafting.put(made, made.version, "tags", [{"word": "db"}], None, LATER)


def test_an_assessment_that_differs_is_told(postmortem: Postmortem) -> None:
    sev4 = Severity.objects.get(level="SEV-4")
    made = drafting.edit(postmortem, 1, {"assessed": sev4}, None, LATER)
    assert made.events.get(kind="assessed").text == "Over-escalated: declared SEV-1, it was SEV-4."


def test_a_list_is_replaced_whole_and_keeps_the_rows_that_it_names(postmortem: Postmortem) -> None:
    rows = list(postmortem.timeline.all())
    kept = {"id": rows[0].pk, "text": "In other words"}
    made = drafting.put(postmortem, 1, "timeline", [kept, {"at": NOW, "text": "By hand"}], None, LATER)
    first, second = made.timeline.order_by("pk")
    assert (first.text, first.entry) == ("In other words", rows[0].entry), "the link to the entry stays"
    assert (second.text, second.entry) == ("By hand", None)


def test_whys_branch_and_stay_in_their_own_postmortem(postmortem: Postmortem) -> None:
    other = Postmortem.objects.create(number="PM-x", title="x", created_at=NOW)
    stranger = Why.objects.create(postmortem=other, text="elsewhere")
    made = drafting.put(postmortem, 1, "whys", [{"text": "The pool was full"}], None, LATER)
    top = made.whys.get()
    branches = [{"id": top.pk}, {"parent": top, "text": "a query"}, {"parent": top, "text": "a small pool"}]
    made = drafting.put(made, made.version, "whys", branches, None, LATER)
    assert sorted(why.text for why in top.deeper.all()) == ["a query", "a small pool"]
    with pytest.raises(Refused):
        drafting.put(made, made.version, "whys", [{"parent": stranger, "text": "x"}], None, LATER)


def test_the_owner_is_somebody_who_may_see_it_and_writes_without_a_permission(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    cy = now_of(company.cy)
    with pytest.raises(NotAllowed):
        drafting.edit(postmortem, 1, {"summary": "x"}, cy, LATER)
    drafting.assign(postmortem, company.cy, now_of(company.bo), LATER)
    assert drafting.edit(postmortem, 1, {"summary": "x"}, cy, LATER).summary == "x"
    postmortem.incident.private = True  # type: ignore[union-attr]
    postmortem.incident.save()  # type: ignore[union-attr]
    with pytest.raises(Refused, match="may not see"):
        drafting.assign(postmortem, company.ana, None, LATER)


def test_a_second_postmortem_of_one_incident_is_refused(postmortem: Postmortem, company: cast.Platform) -> None:
    incident = postmortem.incident
    assert incident is not None
    with pytest.raises(Refused, match=postmortem.number):
        drafting.start(incident, now_of(company.ana), LATER)
    with pytest.raises(NotAllowed):
        drafting.start(incident, now_of(company.cy), LATER)

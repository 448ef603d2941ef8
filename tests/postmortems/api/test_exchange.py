"""Import and export through the API."""

import json
from collections.abc import Callable

import pytest

from incidents.models import Incident
from oncall.models import User
from postmortems import drafting
from postmortems.exchange import pdf
from postmortems.models import Postmortem
from tests import calling, cast
from tests.cast import NOW
from tests.postmortems.conftest import fresh
from tests.postmortems.importing import SAMPLES

IMPORT = "/api/v1/postmortems/import/"


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_a_file_is_made_a_draft_and_everything_about_it_is_said(company: cast.Platform) -> None:
    text = (SAMPLES / "checkout.md").read_text()
    answer = calling.caller(again(company.ana)).post(IMPORT, {"text": text, "name": "checkout.md"})
    assert answer.status_code == 201
    (said,) = answer.json()["imported"]
    made = Postmortem.objects.get()
    assert (said["number"], said["title"], made.owner) == (made.number, "Checkout outage", company.ana)
    assert said["durations"]["alert_to_recovered"] == 60
    assert said["stated"] == {
        "minutes": 47,
        "equals": ["alert_to_rolled_back"],
        "differs": True,
        "compared_with": "alert_to_recovered",
        "difference_minutes": 13,
    }
    assert [each["name"] for each in said["unknown"]] == ["sarah", "james", "ops"]
    assert "section.summary" in {each["rule"] for each in said["findings"]}
    assert said["unplaced"] == []


def test_only_looked_at_nothing_is_made(company: cast.Platform) -> None:
    body = {"text": "postmortem: {title: x, mood: fine}", "check_only": True}
    answer = calling.caller(again(company.ana)).post(IMPORT, body)
    assert (answer.status_code, Postmortem.objects.count()) == (200, 0)
    (said,) = answer.json()["imported"]
    assert said["number"] is None
    assert said["unplaced"] == [
        {
            "where": "postmortem.mood",
            "line": 1,
            "text": "fine",
            "reason": "There is no place for it in a postmortem.",
        }
    ]


def test_the_same_again_is_a_conflict_and_of_a_file_all_or_none_are_made(company: cast.Platform) -> None:
    client = calling.caller(again(company.ana))
    text = "postmortem: {title: a}\n---\npostmortem: {title: a}\n"
    assert client.post(IMPORT, {"text": text, "name": "a.yaml"}).status_code == 409
    assert Postmortem.objects.count() == 0


@pytest.mark.parametrize("text", ["only words", "postmortem: [", "postmortem: {a: &x [1], b: *x}", "[" * 5_000])
def test_what_is_no_postmortem_names_the_field(company: cast.Platform, text: str) -> None:
    answer = calling.caller(again(company.ana)).post(IMPORT, {"text": text})
    assert (answer.status_code, calling.fields_of(answer)) == (400, ["text"])


def test_who_only_looks_on_imports_nothing(company: cast.Platform) -> None:
    answer = calling.caller(again(company.cy)).post(IMPORT, {"text": "postmortem: {title: x}"})
    assert (answer.status_code, Postmortem.objects.count()) == (403, 0)


def test_an_export_is_a_file_and_comes_in_again_as_it_was(company: cast.Platform) -> None:
    client = calling.caller(again(company.ana))
    client.post(IMPORT, {"text": (SAMPLES / "payment.yaml").read_text(), "name": "payment.yaml"})
    number = Postmortem.objects.get().number
    for form, ending in (("markdown", "md"), ("json", "json")):
        answer = client.get(f"/api/v1/postmortems/{number}/export/?as={form}")
        assert answer["Content-Disposition"] == f'attachment; filename="{number}.{ending}"'
        assert answer.content.decode() == (SAMPLES / f"payment.golden.{ending}").read_text()
        assert client.post(IMPORT, {"text": answer.content.decode()}).status_code == 409
    assert client.get(f"/api/v1/postmortems/{number}/export/?as=html")["Content-Type"] == "text/html; charset=utf-8"
    assert client.get(f"/api/v1/postmortems/{number}/export/")["Content-Type"] == "text/markdown; charset=utf-8"
    assert client.get(f"/api/v1/postmortems/{number}/export/?as=word").status_code == 400


def test_where_no_pdf_can_be_made_the_answer_says_what_to_install(
    company: cast.Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = calling.caller(again(company.ana))
    client.post(IMPORT, {"text": "postmortem: {title: x}"})

    def refuse(html: str) -> bytes:
        raise pdf.PdfMissing(pdf._no_libraries())

    monkeypatch.setattr(pdf, "write", refuse)
    answer = client.get(f"/api/v1/postmortems/{Postmortem.objects.get().number}/export/?as=pdf")
    assert answer.status_code == 503
    assert pdf.PACKAGES in answer.json()["detail"]


def test_a_private_one_is_exported_only_for_who_may_see_it(
    company: cast.Platform, resolved: Callable[..., Incident]
) -> None:
    made = drafting.draft(fresh(resolved(private=True)), NOW)
    address = f"/api/v1/postmortems/{made.number}/export/"
    stranger = calling.member("Responder", "zed")
    assert calling.caller(stranger).get(address).status_code == 404
    boss = User.objects.create_superuser("root", "root@example.org", "x")
    assert calling.caller(boss).get(address).status_code == 200


def test_the_list_is_searched_by_words_of_the_texts_tags_and_numbers(company: cast.Platform) -> None:
    client = calling.caller(again(company.ana))
    for text in ("postmortem: {title: One, lessons: Krakens sink ships}", "postmortem: {title: Two, summary: Quiet}"):
        client.post(IMPORT, {"text": text})
    one, two = Postmortem.objects.order_by("pk")
    two.tags.create(word="database")
    for words, found in {
        "krakens": [one],
        "KRAKENS ships": [one],
        "krakens quiet": [],
        "Database": [two],
        two.number: [two],
        "kraken": [one],
        "%": [],
        "'; drop": [],
        "\\": [],
    }.items():
        answer = client.get("/api/v1/postmortems/", {"search": words})
        assert [row["number"] for row in answer.json()["results"]] == [row.number for row in found], words
    assert json.loads(client.get("/api/v1/postmortems/?tag=database").content)["results"][0]["number"] == two.number

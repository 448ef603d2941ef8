"""The library, the import and the files of a postmortem in the console."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from incidents.models import Incident
from oncall.models import User
from postmortems import drafting, exchange, library
from postmortems.exchange import pdf
from postmortems.models import Postmortem
from tests import calling, cast
from tests.cast import NOW
from tests.postmortems.conftest import fresh
from tests.postmortems.importing import SAMPLES
from tests.postmortems.writing import LATER

SignIn = Callable[[User], Client]
IMPORT = "/admin/postmortems/postmortem/import/"
LIBRARY = "/admin/postmortems/postmortem/library/"


def published(title: str, n: int = 0, **values: object) -> Postmortem:
    texts = {"state": "published", "published_at": LATER - timedelta(days=n), "created_at": NOW, **values}
    return Postmortem.objects.create(number=f"PM-2026-{9000 + n}", title=title, **texts)


def test_an_upload_shows_what_was_understood_and_nothing_is_made_until_it_is_confirmed(
    company: cast.Platform, browser: SignIn
) -> None:
    client = browser(company.ana)
    assert client.get(IMPORT).status_code == 200
    text = (SAMPLES / "checkout.md").read_text()
    answer = client.post(IMPORT, {"file": SimpleUploadedFile("checkout.md", text.encode())})
    page = answer.content.decode()
    assert (answer.status_code, Postmortem.objects.count()) == (200, 0)
    for words in ("Checkout outage", "Stated are 47 min, which is alert → rolled back; alert → recovered is 1 h."):
        assert words in page
    for words in ("section.summary", "action.priority", "sarah", "Make this draft", "impact → recovered"):
        assert words in page
    again = answer.context["again"].initial
    done = client.post(IMPORT, {**again, "confirm": "1"})
    made = Postmortem.objects.get()
    assert done["Location"] == reverse("admin:postmortems_postmortem_change", args=[made.pk])
    assert (made.title, made.owner) == ("Checkout outage", company.ana)
    assert made.events.get().text == "Read from checkout.md."
    conflict = client.post(IMPORT, {**again, "confirm": "1"})
    assert (conflict.status_code, Postmortem.objects.count()) == (409, 1)
    assert made.number in client.post(IMPORT, again).content.decode()


def test_what_has_no_place_is_shown_with_its_line(company: cast.Platform, browser: SignIn) -> None:
    answer = browser(company.ana).post(IMPORT, {"text": "postmortem:\r\n  title: <b>x</b>\r\n  mood: <i>fine</i>"})
    page = answer.content.decode()
    assert "postmortem.mood" in page
    assert "line 3" in page
    assert "<b>x</b>" not in page
    assert "&lt;i&gt;fine" in page


@pytest.mark.parametrize(
    "given",
    [
        {"text": ""},
        {"text": "only words"},
        {"text": "postmortem: [" * 2_000},
        {"text": "x" * 300_001},
        {"file": SimpleUploadedFile("x.yaml", b"\xff\xfe\x00")},
        {"file": SimpleUploadedFile("x.yaml", b"x" * 300_001)},
    ],
)
def test_what_is_no_postmortem_is_refused_on_the_page(
    company: cast.Platform, browser: SignIn, given: dict[str, object]
) -> None:
    answer = browser(company.ana).post(IMPORT, {**given, "confirm": "1"})
    assert (answer.status_code, Postmortem.objects.count()) == (400, 0)


def test_who_only_looks_on_has_no_import(company: cast.Platform, browser: SignIn) -> None:
    client = browser(company.cy)
    assert client.get(IMPORT).status_code == 403
    assert client.post(IMPORT, {"text": "postmortem: {title: x}", "confirm": "1"}).status_code == 403
    assert client.get(LIBRARY).status_code == 200


def test_a_postmortem_is_printed_and_kept_as_files(company: cast.Platform, browser: SignIn) -> None:
    (found,) = exchange.understand("a.yaml", (SAMPLES / "payment.yaml").read_text(), None, LATER)
    made = exchange.take(found, "a.yaml", None, LATER)
    client = browser(company.cy)
    page = client.get(reverse("admin:postmortems_postmortem_document", args=[made.pk]))
    assert "Payment service outage" in page.content.decode()
    assert "css/sheet.css" in page.content.decode()
    assert (
        reverse("admin:postmortems_postmortem_document", args=[made.pk])
        in client.get(reverse("admin:postmortems_postmortem_change", args=[made.pk])).content.decode()
    )
    address = reverse("admin:postmortems_postmortem_file", args=[made.pk])
    assert client.get(address).content.decode() == (SAMPLES / "payment.golden.md").read_text()
    assert client.get(f"{address}?as=json").content.decode() == (SAMPLES / "payment.golden.json").read_text()
    assert client.get(f"{address}?as=html")["Content-Disposition"].startswith("attachment")
    assert client.get(f"{address}?as=word").status_code == 404


def test_where_no_pdf_can_be_made_the_page_names_the_debian_packages_and_all_else_works(
    company: cast.Platform, browser: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = published("One")
    monkeypatch.setattr(pdf, "missing", pdf._no_libraries)
    client = browser(company.cy)
    page = client.get(reverse("admin:postmortems_postmortem_document", args=[made.pk])).content.decode()
    assert "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in page
    assert "as=pdf" not in page
    assert "as=json" in page

    def refuse(html: str) -> bytes:
        raise pdf.PdfMissing(pdf._no_libraries())

    monkeypatch.setattr(pdf, "write", refuse)
    answer = client.get(reverse("admin:postmortems_postmortem_file", args=[made.pk]) + "?as=pdf", follow=True)
    assert "libpangoft2-1.0-0" in answer.content.decode()


def test_a_private_postmortem_is_no_document_no_file_and_no_result_for_a_stranger(
    company: cast.Platform, resolved: Callable[..., Incident], browser: SignIn
) -> None:
    made = drafting.draft(fresh(resolved(private=True, title="Secret theft")), NOW)
    Postmortem.objects.filter(pk=made.pk).update(state="published", published_at=NOW)
    stranger = browser(calling.member("Responder", "zed"))
    for name in ("document", "file"):
        assert stranger.get(reverse(f"admin:postmortems_postmortem_{name}", args=[made.pk])).status_code == 404
    assert "Secret theft" not in stranger.get(f"{LIBRARY}?q=secret").content.decode()
    boss = browser(User.objects.create_superuser("root", "root@example.org", "x"))
    assert "theft" in boss.get(f"{LIBRARY}?q=secret").content.decode()


def titles(client: Client, **asked: str) -> list[str]:
    return [each.row.title for each in client.get(LIBRARY, asked).context["found"]]


def test_the_library_finds_what_is_published_by_words_and_filters(company: cast.Platform, browser: SignIn) -> None:
    client = browser(company.cy)
    assert "Nothing has been published yet" in client.get(LIBRARY).content.decode()
    sev1 = company.service.__class__.objects.get(pk=company.service.pk)
    severity = drafting.making.Severity.objects.get(level="SEV-1")
    pool = published("Checkout outage", 1, summary="The pool was exhausted.", service=sev1, severity=severity)
    pool.factors.create(text="No review", factor_class="process")
    pool.tags.create(word="Database")
    published("Search slow", 2, lessons="Warm caches before a deploy.", summary="**Slow** queries")
    published("A sentence", 3, kind="sentence", state="closed", summary="Restarted the pool.")
    Postmortem.objects.create(number="PM-2026-1", title="Draft about the pool", created_at=NOW)
    assert titles(client) == ["Checkout outage", "Search slow"]
    assert titles(client, q="pool exhausted") == ["Checkout outage"]
    assert titles(client, q="warm") == ["Search slow"]
    assert titles(client, q="pool", kind="all") == ["Checkout outage", "A sentence"]
    assert titles(client, kind="sentence") == ["A sentence"]
    assert titles(client, service="checkout") == titles(client, severity="SEV-1") == ["Checkout outage"]
    assert titles(client, factor_class="process") == titles(client, tag="database") == ["Checkout outage"]
    assert titles(client, q="database") == titles(client, q=pool.number) == ["Checkout outage"]
    assert titles(client, factor_class="people") == titles(client, q="nowhere") == []
    assert "<mark>pool</mark>" in client.get(LIBRARY, {"q": "pool"}).content.decode()
    assert "Try fewer words" in client.get(LIBRARY, {"q": "nowhere"}).content.decode()


def test_twenty_five_a_page_in_few_queries_and_the_search_goes_along(company: cast.Platform, browser: SignIn) -> None:
    for n in range(60):
        published(f"Outage {n}", n, summary="word " * 100).tags.create(word="x&y")
    client = browser(company.cy)
    client.get(LIBRARY)
    answer, count = calling.queries_of(lambda: client.get(LIBRARY, {"q": "outage", "p": "2"}))
    assert [each.row.title for each in answer.context["found"]] == [f"Outage {n}" for n in range(25, 50)]
    assert count <= calling.MOST_QUERIES
    assert "?q=outage&amp;p=3" in answer.content.decode()
    assert "page 2 of 3" in answer.content.decode()
    assert "?tag=x%26y" in answer.content.decode()
    for page in ("0", "-1", "x", "99999999999", "9" * 400):
        assert client.get(LIBRARY, {"p": page}).status_code == 200


def test_hostile_words_find_nothing_and_break_nothing(company: cast.Platform, browser: SignIn) -> None:
    published("One")
    client = browser(company.cy)
    for words in (
        "'",
        "\\",
        ":*",
        "a:*b",
        "'':*",
        "\x00",
        "%",
        "&|!()",
        "<->",
        "ä" * 500,
        "x " * 500,
        "İ",
        "\u2028",
        "'a':b",
    ):
        assert client.get(LIBRARY, {"q": words, "tag": words, "service": words}).status_code == 200, words


def test_an_excerpt_is_around_the_first_word_that_was_looked_for() -> None:
    text = "# Head\n\n- " + "before " * 100 + "the **kraken** rose " + "after " * 100
    pieces = library.around(text, ["KRAKEN"], 120)
    assert ("kraken", True) in pieces
    assert pieces[0][0].startswith("…")
    assert pieces[-1][0].endswith("…")
    assert len("".join(piece for piece, _marked in pieces)) <= 122
    assert library.around("short", []) == [("short", False)]
    assert library.around("", ["x"]) == []

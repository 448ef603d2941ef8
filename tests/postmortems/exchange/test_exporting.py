"""What goes out: a page that needs nothing else and shows text as text, a PDF that asks nobody, and what it needs."""

import re
import subprocess
import sys
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from postmortems import exchange
from postmortems.exchange import PdfMissing, pdf, sheet
from postmortems.logic import writing_json
from postmortems.logic.document import (
    Action,
    Attendee,
    Document,
    Factor,
    FiveWhys,
    Gap,
    GapKind,
    Person,
    TimelineItem,
    Waiver,
    Why,
)
from postmortems.models import Postmortem
from tests import cast
from tests.cast import NOW
from tests.hostile.scripts import ADDRESSES, SCRIPTS
from tests.postmortems.documents import COMPLETE, at


def rows_of(document: Document) -> Postmortem:
    (found,) = exchange.understand("a.json", writing_json.write(document), None, NOW)
    return Postmortem.objects.get(pk=exchange.take(found, "a.json", None, NOW).pk)


def test_the_page_says_everything_that_the_document_says(company: cast.Platform) -> None:
    html = exchange.export(rows_of(COMPLETE), "html").body.decode()
    said = [
        *("Checkout outage", "SEV-1", "12,500", "EUR 45,000.50", "35.50 %", "1,247", "Refunds took a day longer."),
        *("Ana", "database", "2026-03-25 13:47", "Alert: error rate", "alert → recovered", "1 h 3 min"),
        *(
            "Customers saw an error page",
            "Retries doubled the load",
            "Two people knew the schema",
            "The team is growing",
        ),
        *("Detection was quick", "The canary was skipped", "It was not a Friday.", "Review query plans."),
        *("Use of the pool", "Buy a bigger database", "https://tracker.example.org/7", "Dashboard 12", "Not the cause"),
    ]
    assert [words for words in said if words not in html] == []


def test_the_page_needs_nothing_else_and_prints(company: cast.Platform) -> None:
    html = exchange.export(rows_of(COMPLETE), "html").body.decode()
    assert "<link" not in html
    assert "<script" not in html
    assert "@media print" in html
    assert "src=" not in html


def test_times_of_the_reader_stand_beside_utc(company: cast.Platform) -> None:
    html = sheet.page(rows_of(COMPLETE), zone="Europe/Lisbon")
    assert "<td>2026-03-25 13:47</td><td>13:47 WET</td>" in html


class _Tags(HTMLParser):
    """Every tag of a page, and every attribute as "name=value"."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}


def test_whatever_somebody_wrote_is_text_on_the_page(company: cast.Platform) -> None:
    words = [*SCRIPTS, *ADDRESSES]
    document = replace(
        COMPLETE,
        title=" ".join(SCRIPTS[:20])[:900],
        summary="\n\n".join(words),
        timeline=tuple(TimelineItem(at("13:00"), each) for each in words),
        authors=tuple(Person(each) for each in words[::3]),
        factors=tuple(Factor(f"K{n}", each, None, Waiver(each, Person(each))) for n, each in enumerate(words[::4])),
        actions=tuple(Action(each, None, Person(each), link=each, evidence=each) for each in words[::5]),
        attendees=tuple(Attendee(Person(each), each) for each in words[::3]),
        gaps=tuple(Gap(GapKind.STALE_DASHBOARD, each) for each in words[::3]),
        five_whys=FiveWhys(SCRIPTS[0], tuple(Why(each) for each in words[::3])),
    )
    seen = _Tags()
    seen.feed(exchange.export(rows_of(document), "html").body.decode())
    assert seen.tags <= {
        *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "h1", "h2", "h3", "p", "span"),
        *("dl", "dt", "dd", "div", "table", "thead", "tbody", "tr", "th", "td", "ul", "ol", "li", "strong", "em", "br"),
        *("pre", "code", "blockquote", "a", "hr", "s"),
    }
    assert {name for name, _value in seen.attributes} <= {
        *("lang", "charset", "name", "content", "class", "id", "scope", "href", "rel", "title", "start"),
    }
    links = [value for name, value in seen.attributes if name == "href"]
    with_scheme = [link for link in links if ":" in link or link.startswith("//")]
    assert [link for link in with_scheme if not link.startswith(("https://", "http://", "mailto:"))] == []


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://example.org/x.css",
            "http://127.0.0.1/static/css/sheet.css",
            "file:///etc/passwd",
            "ftp://x/y.css",
        ),
        *("http://static.invalid/etc/passwd", "http://static.invalid/static/../pyproject.toml", "about:blank", "x"),
        *("http://static.invalid/static/..%2f..%2fincidentops/settings.py", "http://static.invalid@evil/static/a.css"),
        *("http://static.invalid/static//etc/hosts.css", "http://static.invalid/static/css/none.css", "http://[/x.css"),
        *("http://static.invalid/static/%2e%2e/%2e%2e/manage.py", "http://static.invalid:80/static/css/console.css"),
    ],
)
def test_no_address_but_our_static_files_is_served_to_a_pdf(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        pdf.ours(url)


def test_our_own_style_is_served_to_a_pdf() -> None:
    body, kind = pdf.ours("http://static.invalid/static/css/sheet.css")
    assert (body, kind) == (Path("static/css/sheet.css").read_bytes(), "text/css")


def test_without_the_extra_a_pdf_names_what_to_install_and_all_else_works(
    company: cast.Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    row = rows_of(COMPLETE)
    with pytest.raises(PdfMissing, match=r"requirements\.txt"):
        exchange.export(row, "pdf")
    assert all(exchange.export(row, form).body for form in ("markdown", "html", "json"))


def test_without_the_systems_libraries_the_debian_packages_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As WeasyPrint's import fails there: its libraries are opened while it is imported."""
    package = tmp_path / "weasyprint"
    package.mkdir()
    (package / "__init__.py").write_text("raise OSError('cannot load library libpango-1.0-0')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(PdfMissing, match=re.escape(pdf.PACKAGES)):
        pdf.write("<p>x</p>")
    monkeypatch.setattr(pdf, "_LIBRARIES", ("libnowhere.so.9",))
    pdf.missing.cache_clear()
    assert "libpangoft2-1.0-0" in pdf.missing() or sys.platform != "linux"
    pdf.missing.cache_clear()


def test_a_page_that_is_too_long_is_no_pdf() -> None:
    with pytest.raises(PdfMissing, match="print"):
        pdf.write("x" * 400_001)


@pytest.mark.services
def test_a_pdf_is_made_with_our_style_and_asks_nobody(company: cast.Platform, tmp_path: Path) -> None:
    began = time.monotonic()
    body = exchange.export(rows_of(COMPLETE), "pdf").body
    assert body.startswith(b"%PDF-")
    assert time.monotonic() - began < 60
    (tmp_path / "a.pdf").write_bytes(body)
    text = subprocess.run(["pdftotext", "-layout", tmp_path / "a.pdf", "-"], capture_output=True, text=True, check=True)
    for words in ("Checkout outage", "Contributing factors", "3/3", "Buy a bigger"):
        assert words in text.stdout.replace(" / ", "/")


@pytest.mark.services
def test_a_pdfs_page_cannot_read_a_file_or_ask_a_host(tmp_path: Path) -> None:
    secret = tmp_path / "secret.css"
    secret.write_text("p::after { content: 'SECRET' }")
    html = (
        f'<link rel="stylesheet" href="file://{secret}"><link rel="attachment" href="file://{secret}">'
        '<img src="http://127.0.0.1:9/x.png"><p>words</p><style>@import "file:///etc/passwd";</style>'
    )
    (tmp_path / "a.pdf").write_bytes(pdf.write(html))
    text = subprocess.run(["pdftotext", tmp_path / "a.pdf", "-"], capture_output=True, text=True, check=True).stdout
    assert "words" in text
    assert "SECRET" not in text
    assert b"EmbeddedFile" not in (tmp_path / "a.pdf").read_bytes()

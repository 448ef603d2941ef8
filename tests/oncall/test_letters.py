"""A letter as text, as a short text and as the HTML part of a mail: the same words, escaped; nothing fetched."""

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from oncall import keys, letters
from oncall.letters import Entry, Figure, Letter, Section
from oncall.transports import letter_html
from tests.cast import NOW

words = st.text(max_size=40)
entries = st.builds(
    Entry, title=words, facts=st.lists(words, max_size=3).map(tuple), link=words, act=words, act_link=words
)
figures = st.builds(Figure, value=words, words=words, link=words, grave=st.booleans())
sections = st.builds(
    Section,
    heading=words,
    entries=st.lists(entries, max_size=8).map(tuple),
    figures=st.lists(figures, max_size=5).map(tuple),
    more=st.integers(0, 9),
)
some = st.builds(
    Letter,
    heading=words,
    lead=words,
    sections=st.lists(sections, max_size=3).map(tuple),
    button=words,
    link=words,
    foot=words,
)


class Reader(HTMLParser):
    """The text of a document, its links, and whatever it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        assert not [name for name in given if name.startswith("on") or name == "src"]
        if tag == "a":
            self.links.append(given["href"] or "")
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


@given(some.filter(lambda letter: "\ud800" not in repr(letter)))
def test_whatever_the_words_they_stay_words(letter: Letter) -> None:
    assert letters.loads(letters.dumps(letter)) == letter
    reader = read(letter_html.page(letter))
    assert reader.tags <= {
        *("html", "head", "meta", "title", "style", "body", "table", "tr", "td", "div", "p", "h1", "h2", "a", "span"),
    }
    assert all(link.startswith(("https://", "http://")) for link in reader.links)
    assert isinstance(letters.as_text(letter), str)
    assert isinstance(letters.as_short_text(letter), str)


LETTER = Letter(
    heading="Your <b>items</b>",
    lead="1 overdue.",
    sections=(
        Section(
            "Overdue",
            tuple(
                Entry(
                    f"Item {n}",
                    ("P1", "3 days late"),
                    "https://x.example/1/",
                    "Mark as done",
                    f"https://x.example/l/{n}/",
                )
                for n in range(7)
            ),
            more=2,
        ),
    ),
    button="Open",
    link="javascript:alert(1)",
    foot="Why it came.",
)


def test_markup_is_text_and_only_the_web_is_linked() -> None:
    html = letter_html.page(LETTER)
    assert "Your &lt;b&gt;items&lt;/b&gt;" in html
    assert "javascript:" not in html
    assert "https://x.example/l/3/" in html


def test_mail_can_be_read_in_the_dark_on_a_telephone_and_without_pictures() -> None:
    html = letter_html.page(LETTER)
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "prefers-color-scheme: dark" in html
    assert "width=device-width" in html
    assert not re.search(r"<img|url\(|@import|<link|<script|background-image", html)


def test_the_short_text_has_the_first_few_and_no_addresses() -> None:
    short, long = letters.as_short_text(LETTER), letters.as_text(LETTER)
    assert short.count("• ") == letters.SHORT
    assert "and 4 more" in short
    assert "https://" not in short
    assert long.count("• ") == 7
    assert "  Mark as done: https://x.example/l/6/" in long.splitlines()
    assert long.endswith("Why it came.")


def test_a_stored_readers_link_opens_nothing_and_is_signed_for_its_reader_only(settings: object) -> None:
    stored = f"Done: {keys.reader_link('action', 7)} and https://evil.example/l/reader-action-7/ and /l/reader-x-0/"
    assert keys.read_signed_link("reader-action-7") is None
    signed = keys.for_reader(stored, 3, NOW)
    assert "https://evil.example/l/reader-action-7/" in signed, "only our own addresses"
    token = signed.split("/l/")[1].split("/")[0]
    link = keys.read_signed_link(token)
    assert link is not None
    assert (link.purpose, link.number, link.stamp, link.issued_at) == ("action", 7, keys.reader_stamp(3), NOW)
    assert keys.for_reader(stored, 3, NOW) == signed, "a repeat says the same"
    assert keys.for_reader(stored, None, NOW) == stored

"""What was learned, found again: published postmortems by words, service, severity, class of factor and tag."""

import re
from collections.abc import Sequence
from typing import Final

from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from postmortems.models import Factor, Postmortem, Tag
from postmortems.models.postmortems import PostmortemQuerySet

MOST_WORDS: Final = 10
LONGEST_WORD: Final = 60
TAGGED: Final = 1_000
#: The texts that are searched, in the order of the index; of each as much as a vector surely holds.
TEXTS: Final = (
    *("title", "summary", "impact_text", "detection", "symptom", "root_cause"),
    *("went_well", "went_poorly", "got_lucky", "lessons"),
)
# In these words and no others: an index has them (migration 0007).
VECTOR: Final = "to_tsvector('simple'::regconfig, {})".format(
    " || ' ' || ".join(f'left("postmortems_postmortem"."{name}", 12000)' for name in TEXTS)
)
_ROWS: Final = "SELECT id FROM postmortems_postmortem"
_NUMBER: Final = re.compile(r"(?:PM-)?(\d{4}-\d{1,9})", re.ASCII | re.IGNORECASE)


def words_of(text: str) -> list[str]:
    """What is looked for: at most ten words, each of a bearable length."""
    return [word[:LONGEST_WORD] for word in text.replace("\x00", "").split()[:MOST_WORDS]]


def sought(rows: PostmortemQuerySet, text: str) -> PostmortemQuerySet:
    """Those that say every one of the words, carry it as a tag, or have it as their number.

    PostgreSQL finds words by their beginnings, through an index; SQLite any part of a text, by reading.
    """
    words = words_of(text)
    if not words:
        return rows
    if connection.vendor == "postgresql":
        sql, values = _by_index(words)
        return rows.filter(RawSQL(sql, values, output_field=BooleanField()))  # noqa: S611  # our own words
    for word in words:
        found = Q(pk__in=_tagged(word)) | Q(number=_number(word))
        for name in TEXTS:
            found |= Q(**{f"{name}__icontains": word})
        rows = rows.filter(found)
    return rows


def published(rows: PostmortemQuerySet) -> PostmortemQuerySet:
    """Those that everybody may read, the newest first."""
    return rows.filter(published_at__isnull=False).order_by("-published_at", "-id")


def with_factor(rows: PostmortemQuerySet, word: str) -> PostmortemQuerySet:
    """Those of which a factor is of this class."""
    return rows.filter(pk__in=Factor.objects.filter(factor_class=word).values("postmortem"))


def tagged(rows: PostmortemQuerySet, word: str) -> PostmortemQuerySet:
    """Those with this tag, whatever its case."""
    return rows.filter(pk__in=Tag.objects.filter(word__iexact=word).values("postmortem"))


def _by_index(words: Sequence[str]) -> tuple[str, list[object]]:
    """A condition whose rows are found first, through the index, and by nothing else: in the order of the list, or
    with another condition beside it, the planner may make a vector of text after text."""
    said: list[str] = []
    sets: list[str] = []
    plain_values: list[object] = []
    values: list[object] = []
    for word in words:
        # Letters are the beginning of a word; what has other signs is cut up as the texts were.
        query = "to_tsquery('simple', %s)" if word.isalpha() else "plainto_tsquery('simple', %s)"
        given = f"'{word}':*" if word.isalpha() else word
        also, number = _tagged(word), _number(word)
        if not also and not number:
            said.append(f"{VECTOR} @@ {query}")
            plain_values.append(given)
            continue
        sets.append(
            f"({_ROWS} WHERE {VECTOR} @@ {query} UNION SELECT unnest(%s::bigint[]) UNION {_ROWS} WHERE number = %s)"
        )
        values += [given, also, number]
    if said:
        sets.insert(0, f"{_ROWS} WHERE {' AND '.join(said)}")
    return f"postmortems_postmortem.id = ANY(ARRAY({' INTERSECT '.join(sets)}))", [*plain_values, *values]


def _tagged(word: str) -> list[int]:
    return list(Tag.objects.filter(word__iexact=word).values_list("postmortem", flat=True)[:TAGGED])


def _number(word: str) -> str:
    """PM-2026-0042, also without its letters; "" for what is no number."""
    found = _NUMBER.fullmatch(word)
    return f"PM-{found[1]}" if found else ""


def around(text: str, words: Sequence[str], length: int = 280) -> list[tuple[str, bool]]:
    """An excerpt of a text, around the first of the words; in pieces, each with whether it is one of them."""
    bare = re.sub(r"[#>|]+|^\s*[-+] ", " ", re.sub(r"[*`]+", "", text[:20_000]), flags=re.MULTILINE)
    line = " ".join(bare.split())
    sought_for = [re.escape(word) for word in words if word]
    pattern = re.compile("|".join(sought_for), re.IGNORECASE) if sought_for else None
    first = pattern.search(line) if pattern else None
    start = max(0, first.start() - length // 3) if first and first.end() > length else 0
    shown = line[start : start + length]
    shown = f"…{shown.partition(' ')[2]}" if start else shown
    shown = f"{shown.rpartition(' ')[0]}…" if start + length < len(line) else shown
    if pattern is None:
        return [(shown, False)]
    pieces: list[tuple[str, bool]] = []
    end = 0
    for found in pattern.finditer(shown):
        pieces += [(shown[end : found.start()], False), (found[0], True)]
        end = found.end()
    return [piece for piece in [*pieces, (shown[end:], False)] if piece[0]]


def of_kind(rows: PostmortemQuerySet, kind: str) -> PostmortemQuerySet:
    """Whole postmortems, records of one sentence, or ("all") both."""
    return rows if kind == "all" else rows.filter(kind=kind or Postmortem.Kind.FULL)

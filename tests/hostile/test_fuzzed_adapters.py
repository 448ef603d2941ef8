"""Near-valid bodies and plain rubbish through every adapter: nothing but a BodyError, and signals that fit and show.

HOSTILE_EXAMPLES sets how many of each, then anew at each run; without it a few hundred, always the same.
"""

import os
import re
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from incidents.adapters import FORMATS, Options
from incidents.adapters.body import BodyError, decode
from incidents.adapters.pagerduty import routing_key
from incidents.adapters.signal import Signal
from tests.hostile.fuzzing import SAMPLES, raw_bodies
from tests.incidents.adapters.test_every_format import assert_fits

GIVEN = os.environ.get("HOSTILE_EXAMPLES", "")
fuzzed = settings(
    max_examples=int(GIVEN or 25),
    derandomize=not GIVEN,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
# What no stored text may hold: PostgreSQL refuses NUL and surrogates, terminals obey controls, bidi marks lie.
UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
OPTIONS = [
    Options(per_alert=per_alert, key_in_body=key_in_body, severity_map=severities)
    for per_alert in (False, True)
    for key_in_body in (False, True)
    for severities in ({}, {"critical": "SEV-1", "\u00e9": "SEV-9", "": "nonsense"})
]


def all_texts(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for pair in value.items() for item in pair for text in all_texts(item)]
        case list():
            return [text for item in value for text in all_texts(item)]
    return []


def assert_harmless(raw: bytes, reader: str, options: Options) -> None:
    adapter = FORMATS[reader]
    try:
        payload = decode(raw)
    except BodyError as error:
        event("not JSON")
        answer = adapter.answers.malformed(error)
        assert answer.status == 400
        orjson.dumps(answer.body)
        return
    routing_key(payload)
    parsed = adapter.parse(payload, options, lambda: "made")
    event("taken" if parsed.signals else "refused")
    assert_fits(parsed)
    answer = adapter.answers.taken(parsed)
    assert answer.status in (202, 400)
    orjson.dumps(answer.body)
    for signal in parsed.signals:
        stored = orjson.loads(orjson.dumps(signal.to_json()))
        assert Signal.from_json(stored) == signal
        assert not [text for text in all_texts(stored) if UNFIT.search(text)]
        assert all(link["href"].lower().startswith(("http://", "https://")) for link in signal.links)
        assert signal.started_at is None or signal.started_at.utcoffset() is not None


@pytest.mark.parametrize("vendor", sorted(SAMPLES))
def test_no_adapter_stumbles_over_what_its_vendor_almost_sends(vendor: str) -> None:
    @fuzzed
    @given(raw_bodies(vendor), st.sampled_from(OPTIONS))
    def check(raw: bytes, options: Options) -> None:
        assert_harmless(raw, vendor, options)

    check()


@fuzzed
@given(st.sampled_from(sorted(SAMPLES)).flatmap(raw_bodies), st.sampled_from(sorted(FORMATS)), st.sampled_from(OPTIONS))
def test_no_adapter_stumbles_over_what_another_vendor_sends(raw: bytes, reader: str, options: Options) -> None:
    assert_harmless(raw, reader, options)


@fuzzed
@given(st.binary(max_size=300), st.sampled_from(sorted(FORMATS)), st.sampled_from(OPTIONS))
def test_no_adapter_stumbles_over_any_bytes(raw: bytes, reader: str, options: Options) -> None:
    assert_harmless(raw, reader, options)

"""Bodies that are almost what a vendor sends: real ones, broken in a few places, then written as bytes that may be cut."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, Final

from hypothesis import strategies as st

from tests.hostile import texts
from tests.incidents.adapters.payloads import alertmanager, events_v2, grafana

GENERIC: Final[dict[str, Any]] = {
    "summary": "Disk full", "dedup_key": "disk", "action": "trigger", "severity": "critical", "source": "db1",
    "labels": {"host": "db1", "region": "eu"}, "values": {"used": 99.5, "free": "1 GB"},
    "links": [{"href": "https://example.org/d", "text": "Panel"}, "https://example.org/x"],
    "started_at": "2026-01-14T08:00:00Z",
}  # fmt: skip
SAMPLES: Final[dict[str, list[Any]]] = {
    "generic": [GENERIC, [GENERIC, {**GENERIC, "action": "resolve"}, {"summary": "only that"}]],
    "alertmanager": [alertmanager(), grafana()],
    "pagerduty": [
        events_v2(),
        {**events_v2(), "event_action": "resolve"},
        {"routing_key": "k" * 32, "event_action": "acknowledge", "dedup_key": "d"},
    ],
    "heartbeat": [{}, {"status": "ok"}],
}
WORDS: Final = [
    "trigger", "resolve", "acknowledge", "firing", "resolved", "critical", "page", "SEV-1", "k" * 32, "x" * 256, "x" * 1_025,
    "2026-03-02T08:15:30Z", "2026-03-02T08:15:30.123456789+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59",
    "https://example.org/x", "https://[::1", "http://\u202eexample.org", "javascript:alert(1)", "//example.org", "https://a" + "b" * 2_000,
]  # fmt: skip
NUMBERS: Final = [
    0,
    -1,
    1.5,
    2**31,
    2**63,
    -(2**63) - 1,
    10**4_000,
    1e308,
    float("inf"),
    float("nan"),
    -0.0,
    True,
    False,
    None,
]
NAMES: Final = [
    "summary", "dedup_key", "action", "labels", "values", "links", "started_at", "status", "alerts", "groupKey", "commonLabels",
    "groupLabels", "commonAnnotations", "annotations", "startsAt", "version", "title", "message", "routing_key", "event_action",
    "payload", "custom_details", "images", "client", "client_url", "href", "text", "src", "alt", "timestamp", "__proto__", "",
]  # fmt: skip

strange_texts = st.sampled_from([text for each in texts.KINDS.values() for text in each] + WORDS) | st.text(max_size=40)
scalars = strange_texts | st.sampled_from(NUMBERS) | st.integers() | st.floats()
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | strange_texts, inner, max_size=4)
    ),
    max_leaves=10,
)
Place = tuple[Any, Any]


def places(body: Any) -> Iterator[Place]:
    """Everything in the body, as what holds it and under which name or number."""
    within = enumerate(body) if isinstance(body, list) else body.items() if isinstance(body, dict) else ()
    for name, item in list(within):
        yield body, name
        yield from places(item)


def _replaced(draw: Callable[..., Any], holder: Any, name: Any) -> None:
    holder[name] = draw(values)


def _removed(draw: Callable[..., Any], holder: Any, name: Any) -> None:
    del holder[name]


def _wrapped(draw: Callable[..., Any], holder: Any, name: Any) -> None:
    item, depth = holder[name], draw(st.sampled_from([1, 2, 40]))
    for _level in range(depth):
        item = [item] if draw(st.booleans()) else {"more": item}
    holder[name] = item


def _repeated(draw: Callable[..., Any], holder: Any, name: Any) -> None:
    holder[name] = [holder[name]] * draw(st.sampled_from([2, 25]))


def _joined(draw: Callable[..., Any], holder: Any, name: Any) -> None:
    if isinstance(holder, dict):
        holder[draw(st.sampled_from(NAMES) | strange_texts)] = draw(values)
    else:
        holder.append(draw(values))


def _grown(draw: Callable[..., Any], holder: Any, name: Any) -> None:
    word = draw(strange_texts)
    holder[name] = {f"{word}{number}": number for number in range(draw(st.sampled_from([65, 600])))}


CHANGES: Final = [_replaced, _replaced, _removed, _wrapped, _repeated, _joined, _grown]


@st.composite
def payloads(draw: Callable[..., Any], vendor: str) -> Any:
    """One of the vendor's own bodies with up to four changes anywhere in it, or something else altogether."""
    body = deepcopy(draw(st.sampled_from(SAMPLES[vendor])))
    if draw(st.integers(0, 19)) == 0:
        return draw(values)
    for _change in range(draw(st.integers(0, 4))):
        if found := list(places(body)):
            draw(st.sampled_from(CHANGES))(draw, *draw(st.sampled_from(found)))
    return body


@st.composite
def raw_bodies(draw: Callable[..., Any], vendor: str) -> bytes:
    """Such a body as bytes: escaped or not, in another encoding, cut, doubled, or with foreign bytes in it."""
    text = json.dumps(draw(payloads(vendor)), ensure_ascii=draw(st.booleans()))
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"]))
    raw = text.encode(encoding, "replace" if encoding == "latin-1" else "surrogatepass")
    for _change in range(draw(st.sampled_from([0, 0, 0, 1, 2, 5]))):
        at = draw(st.integers(0, len(raw)))
        match draw(st.integers(0, 3)):
            case 0:
                raw = raw[:at]
            case 1:
                raw = raw[:at] + draw(st.binary(max_size=8)) + raw[at:]
            case 2:
                raw = raw[:at] + raw[at + draw(st.integers(1, 20)) :]
            case _:
                raw = (
                    raw[:at]
                    + draw(st.sampled_from([b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\x00", b"\\ud800"]))
                    + raw[at:]
                )
    return raw

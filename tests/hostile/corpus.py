"""Bad bodies, by kind: each case makes its bytes out of a good body, so that it is as bad at every door."""

import codecs
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.hostile import texts
from tests.hostile.values import WRONG

Body = dict[str, Any]
Encode = Callable[[Any], bytes]
JSON: Final = "application/json"


class Free(str):
    """Words of a good body that may be any text: names, titles, reasons."""

    __slots__ = ()


@dataclass(frozen=True)
class Case:
    """One bad body. `make(good, encode)` answers its bytes; `content_type` None is what the door wants."""

    kind: str
    name: str
    make: Callable[[Body, Encode], bytes]
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


def cases() -> list[Case]:
    """Every case, in an order that does not change."""
    return [
        *_texts(),
        *_values(),
        *_raw(),
        *_depths(),
        *_sizes(),
        *_encodings(),
        *_content_types(),
        *_headers(),
    ]


def replaced(body: Any, text: Any, *, free_only: bool) -> Any:
    """The body with `text` in place of its free words, or of all its words."""
    match body:
        case dict():
            return {name: replaced(item, text, free_only=free_only) for name, item in body.items()}
        case list():
            return [replaced(item, text, free_only=free_only) for item in body]
        case Free():
            return text
        case str() if not free_only:
            return text
    return body


def in_keys(body: Any, text: str) -> Any:
    """The body with `text` in each name of it."""
    match body:
        case dict():
            return {**body, text: "x", **{f"{name}{text}": in_keys(item, text) for name, item in body.items()}}
        case list():
            return [in_keys(item, text) for item in body]
    return body


def _texts() -> Iterator[Case]:
    for kind, each in texts.KINDS.items():
        for number, text in enumerate(each):
            yield Case(kind, f"free-{number}", lambda good, encode, t=text: encode(replaced(good, t, free_only=True)))
            yield Case(kind, f"all-{number}", lambda good, encode, t=text: encode(replaced(good, t, free_only=False)))
        yield Case(f"{kind} in keys", "keys", lambda good, encode, t=each[0]: encode(in_keys(good, t)))


def _values() -> Iterator[Case]:
    for kind, each in WRONG.items():
        for number, value in enumerate(each):
            yield Case(kind, f"free-{number}", lambda good, encode, v=value: _with(good, encode, v, free_only=True))
            yield Case(kind, f"all-{number}", lambda good, encode, v=value: _with(good, encode, v, free_only=False))


def _with(good: Body, encode: Encode, literal: str, *, free_only: bool) -> bytes:
    """JSON literals that Python's writer has no value for are put in by hand."""
    return (
        encode(replaced(good, "@@", free_only=free_only))
        .replace(b'"@@"', literal.encode())
        .replace(b"%40%40", literal.encode())
    )


def _raw() -> Iterator[Case]:
    whole = {
        "empty": [b"", b" ", b"\n\n", b"\t", b"\r\n" * 1_000],
        "not an object": [b"null", b"true", b"0", b"-0", b'""', b'"text"', b"[]", b"{}", b"[[]]", b"[null]", b"[1,2]"],
        "truncated": [b"{", b'{"', b'{"a', b'{"a":', b'{"a":"', b'{"a":1,', b"[", b"[1,", b'"', b'"\\', b'"\\u00', b"tru"],
        "not JSON": [b"a=b&c=d", b"<xml/>", b"---\na: 1", b"{'a': 1}", b"{a: 1}", b"[1,]", b'{"a":1,}', b"//x\n{}", b"{}{}", b"{} x"],
        "binary": [bytes(range(256)), b"\x00" * 1_000, b"\xff" * 1_000, b"\x89PNG\r\n\x1a\n", b"\x1f\x8b\x08\x00"],
        "duplicate keys": [b'{"summary":"a","summary":"b"}', b'{"a":1,"a":2,"a":{}}', b'{"":1,"":2}'],
    }  # fmt: skip
    for kind, each in whole.items():
        for number, raw in enumerate(each):
            yield Case(kind, str(number), lambda good, encode, r=raw: r)
    yield Case("duplicate keys", "of the good body", lambda good, encode: _doubled(encode(good)))
    for part in (0.1, 0.5, 0.9, 0.99):
        yield Case("truncated", f"good-{part}", lambda good, encode, p=part: _cut(encode(good), p))
    yield Case("truncated", "good-but-one", lambda good, encode: encode(good)[:-1])
    yield Case("trailing", "twice", lambda good, encode: encode(good) * 2)
    yield Case("trailing", "rubbish", lambda good, encode: encode(good) + b"\x00\xff trailing")
    yield Case("trailing", "list of ten", lambda good, encode: b"[" + b",".join([encode(good)] * 10) + b"]")
    yield Case("trailing", "list in list", lambda good, encode: b"[[" + encode(good) + b"]]")


def _cut(whole: bytes, part: float) -> bytes:
    return whole[: int(len(whole) * part)]


def _doubled(whole: bytes) -> bytes:
    return whole[:-1] + b"," + whole[1:] if whole.startswith(b"{") and len(whole) > 2 else whole + b"&" + whole


def _depths() -> Iterator[Case]:
    for depth in (10, 31, 32, 33, 100, 999, 1_000, 10_000, 100_000):
        yield Case("depth of lists", str(depth), lambda good, encode, d=depth: b"[" * d + b"]" * d)
        yield Case("depth of objects", str(depth), lambda good, encode, d=depth: b'{"a":' * d + b"1" + b"}" * d)
        yield Case(
            "depth inside the good",
            str(depth),
            lambda good, encode, d=depth: _with(good, encode, "[" * d + "]" * d, free_only=True),
        )
    yield Case("depth without end", "lists", lambda good, encode: b"[" * 200_000)
    yield Case("depth without end", "objects", lambda good, encode: b'{"a":' * 50_000)
    yield Case("depth without end", "mixed", lambda good, encode: b'[{"a":' * 50_000)


def _sizes() -> Iterator[Case]:
    big = {
        "300 labels of 10 kB": {f"label{n}": "x" * 10_240 for n in range(300)},
        "300 labels of 1 kB": {f"label{n}": "x" * 1_024 for n in range(300)},
        "10,000 keys": {f"k{n}": n for n in range(10_000)},
        "a list of 50,000": {"labels": list(range(50_000))},
        "2,000 links": {"links": [f"https://example.org/{n}" for n in range(2_000)]},
        "a key of 1 MB": {"k" * 1_048_576: 1},
        "a key of 100 kB": {"k" * 102_400: 1},
        "a text of 1 MB": {"summary": "x" * 1_048_576},
        "a text of 100 kB": {"summary": "x" * 102_400},
        "a text of 100 kB of four bytes": {"summary": "😀" * 25_600},
    }  # fmt: skip
    for name, more in big.items():
        yield Case("size", name, lambda good, encode, m=more: encode({**good, **m}))
        yield Case("size in labels", name, lambda good, encode, m=more: encode({**good, "labels": m}))
    yield Case("size", "just under the limit", lambda good, encode: encode(good) + b" " * 500_000)
    yield Case("size", "over the limit", lambda good, encode: encode(good) + b" " * 1_100_000)


def _encodings() -> Iterator[Case]:
    marks = {
        "utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE,
        "utf-32-le": codecs.BOM_UTF32_LE, "utf-32-be": codecs.BOM_UTF32_BE,
    }  # fmt: skip
    for name, mark in marks.items():
        yield Case("byte order mark", name, lambda good, encode, n=name, m=mark: m + _as(encode(good), n))
        yield Case("other encoding", name, lambda good, encode, n=name: _as(encode(good), n))
    for name in ("latin-1", "cp1252", "shift_jis", "utf-7", "koi8-r"):
        yield Case("other encoding", name, lambda good, encode, n=name: _as(encode({**good, "x": "é"}), n))
    broken = [b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80\x80", b"\xfe\xff"]
    for number, bad in enumerate(broken):
        yield Case("broken UTF-8", str(number), lambda good, encode, b=bad: _with_bytes(good, encode, b))
    for header in ("gzip", "deflate", "br", "identity, gzip", "GZIP", "x-unknown", "gzip;q=0"):
        squeeze = zlib.compress if header == "deflate" else gzip.compress
        yield Case(
            "compressed", header, lambda good, encode, s=squeeze: s(encode(good)), headers={"Content-Encoding": header}
        )
    yield Case("compressed", "a bomb", lambda good, encode: gzip.compress(b"0" * 50_000_000), headers={"Content-Encoding": "gzip"})  # fmt: skip
    yield Case("compressed", "unsaid", lambda good, encode: gzip.compress(encode(good)))
    yield Case("compressed", "untrue", lambda good, encode: encode(good), headers={"Content-Encoding": "gzip"})


def _as(body: bytes, encoding: str) -> bytes:
    return body.decode("utf-8", "replace").encode(encoding, "replace")


def _with_bytes(good: Body, encode: Encode, bad: bytes) -> bytes:
    return encode(replaced(good, "@@", free_only=True)).replace(b"@@", bad).replace(b"%40%40", bad)


def _content_types() -> Iterator[Case]:
    for name in (
        "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x",
        "multipart/form-data; boundary=" + "b" * 300, "text/xml", "application/octet-stream", "image/png", "*/*", "json",
        "application/json; charset=utf-16", "application/json; charset=nonsense", "application/json; charset=\u00e9",
        "application/json;;;", "application/json, text/plain", "application/cloudevents+json", "text/html", "a" * 5_000,
    ):  # fmt: skip
        yield Case("content type", name[:40] or "none", lambda good, encode: encode(good), content_type=name)
    form = b'--x\r\nContent-Disposition: form-data; name="a"; filename="../../x"\r\n\r\n1\r\n--x'
    yield Case("multipart", "unended", lambda good, encode: form, "multipart/form-data; boundary=x")
    yield Case("multipart", "ended", lambda good, encode: form + b"--\r\n", "multipart/form-data; boundary=x")
    yield Case("many fields", "5,000", lambda good, encode: b"&".join(b"a%d=1" % n for n in range(5_000)), "application/x-www-form-urlencoded")  # fmt: skip
    yield Case("many fields", "percents", lambda good, encode: b"act=%zz&text=%&%00=%ff&a[]=1&=", "application/x-www-form-urlencoded")  # fmt: skip


def _headers() -> Iterator[Case]:
    junk: dict[str, list[str]] = {
        "Authorization": ["Token", "Token ", "Bearer a b c", "Basic x", "Token " + "k" * 8_000, "\u00e9", "Digest x=,", "Bearer \x01"],
        "Accept": ["*", "text/html", "application/xml", ";;;", "a/b;q=x", "*/*;" * 500],
        "Accept-Language": ["xx" * 2_000, "../../etc", "en;q=1e999", ",,,,", "\u202e"],
        "Cookie": ["sessionid=" + "x" * 4_000, "sessionid=\x01", "=;=;=", "csrftoken=\u00e9; sessionid='"],
        "Content-Length": ["", "0", "-1", "1"],  # a longer one than the body is for real sockets: wire.py
        "X-Forwarded-Proto": ["https, http", "javascript"],
        "X-HTTP-Method-Override": ["DELETE", "TRACE"],
        "Range": ["bytes=0-,0-,0-", "bytes=-1"],
        "If-Modified-Since": ["never", "Thu, 01 Jan 9999 00:00:00 GMT"],
        "Referer": ["javascript:alert(1)", "//", "http://[::1"],
        "Origin": ["null", "http://[", "https://evil.example"],
    }  # fmt: skip
    for name, each in junk.items():
        for number, value in enumerate(each):
            yield Case("header junk", f"{name}-{number}", lambda good, encode: encode(good), headers={name: value})


def as_json(value: Any) -> bytes:
    """How JSON doors are written to: lone surrogates as escapes."""
    return json.dumps(value).encode()


def as_raw_json(value: Any) -> bytes:
    """The same with every character as it is, lone surrogates too."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")

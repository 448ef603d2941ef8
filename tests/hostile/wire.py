"""Requests that no client library would write, as bytes: what is wrong is the way they are framed, not what they say."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SMUGGLED: Final = "smuggled"
LENGTHS: Final = {
    "negative": "-1", "plus": "+{n}", "hexadecimal": "0x{x}", "a word": "many", "blank": "", "spaced": "{n} {n}", "listed": "{n}, {n}",
    "unlike": "{n}, 5", "float": "{n}.0", "exponent": "1e3", "huge": "99999999999999999999", "two to the 64th": "18446744073709551616",
    "two to the 63rd": "9223372036854775808", "a terabyte": "1099511627776", "a comma": "{n},", "other digits": "١٢", "semicolon": "{n};a=b",
    "quoted": '"{n}"', "vertical tab": "\x0b{n}", "a NUL": "{n}\x00", "underscore": "1_0",
}  # fmt: skip
CODINGS: Final = {
    "twice": "chunked, chunked", "identity last": "chunked, identity", "unknown": "cow", "spaced": " chunked", "tabbed": "\tchunked",
    "vertical tab": "\x0bchunked", "quoted": '"chunked"', "upper": "CHUNKED", "a suffix": "xchunked", "a comma": "chunked,",
    "gzip first": "gzip, chunked", "blank": "", "semicolon": "chunked;a=b", "a NUL": "chunked\x00",
}  # fmt: skip
SIZES: Final = {
    "negative": "-5", "huge": "fffffffffffffffff", "very huge": "f" * 40, "no number": "zz", "blank": "", "plus": "+5", "prefixed": "0x5",
    "spaced": "5 5", "two to the 64th less one": "ffffffffffffffff", "two to the 32nd": "100000000", "underscore": "1_0", "a NUL": "5\x00",
    "other digits": "٥", "an endless extension": "5;" + "a" * 70_000, "an extension with a line feed": "5;a\n",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wire:
    """What is sent on one connection, `taken` of its events; `hangs_up` before any answer is read."""

    name: str
    sent: bytes
    taken: int = 0
    hangs_up: bool = False


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes requests for the generic door at `path`; each event's key is its case's name."""

    path: str
    host: str

    def body(self, key: str) -> bytes:
        return json.dumps({"summary": "On the wire", "dedup_key": f"wire {key}", "severity": "info"}).encode()

    def head(self, *headers: str, start: str = "", host: str | None = None) -> bytes:
        """Start line and headers with an end; text is written as latin-1, or as UTF-8 where that does not do."""
        named = [f"Host: {self.host}"] if host is None else [host] if host else []
        text = "\r\n".join([start or f"POST {self.path} HTTP/1.1", *named, *headers, "", ""])
        return text.encode("utf-8" if any(ord(char) > 255 for char in text) else "latin-1")

    def whole(self, key: str, *headers: str, start: str = "", host: str | None = None) -> bytes:
        """A request as it should be, but for what is given."""
        body = self.body(key)
        return self.head(f"Content-Length: {len(body)}", *headers, start=start, host=host) + body

    def chunked(self, key: str, *headers: str, size: str = "", end: bytes = b"0\r\n\r\n") -> bytes:
        body = self.body(key)
        length = f"{len(body):x}{size}".encode()
        return self.head("Transfer-Encoding: chunked", *headers) + length + b"\r\n" + body + b"\r\n" + end


def cases(path: str, host: str) -> list[Wire]:
    """Every case, each name once."""
    write = Writer(path, host)
    return [
        *_lengths(write),
        *_codings(write),
        *_chunks(write),
        *_headers(write),
        *_targets(write),
        *_connections(write),
    ]


def _lengths(write: Writer) -> Iterator[Wire]:
    for name, value in LENGTHS.items():
        key = f"length {name}"
        body = write.body(key)
        filled = value.replace("{n}", str(len(body))).replace("{x}", f"{len(body):x}")
        yield Wire(key, write.head(f"Content-Length: {filled}") + body)
    body = write.body("length too short")
    yield Wire("length too short", write.head(f"Content-Length: {len(body) - 5}") + body)
    yield Wire("length too long", write.head(f"Content-Length: {len(body) + 5}") + write.body("length too long"))
    yield Wire("no length", write.head() + write.body("no length"))
    yield Wire("length of none", write.head("Content-Length: 0") + write.body("length of none"))
    for name, second in (("doubled", 0), ("two unlike", 7)):
        body = write.body(f"length {name}")
        both = (f"Content-Length: {len(body)}", f"Content-Length: {len(body) + second}")
        yield Wire(f"length {name}", write.head(*both) + body, taken=int(not second))


def _codings(write: Writer) -> Iterator[Wire]:
    smuggled = write.whole(SMUGGLED)
    for name, value in CODINGS.items():
        key = f"coding {name}"
        body = write.body(key)
        chunk = f"{len(body):x}".encode() + b"\r\n" + body + b"\r\n0\r\n\r\n"
        yield Wire(
            key, write.head(f"Transfer-Encoding: {value}") + chunk, taken=int(name in ("upper", "spaced", "tabbed"))
        )
        # The length is that of the chunk as a whole: who believes the one header sees another request than who the other.
        both = write.head(f"Content-Length: {len(chunk)}", f"Transfer-Encoding: {value}")
        yield Wire(f"{key} with a length", both + b"0\r\n\r\n" + smuggled)
    for name, headers in (
        ("before", ("Transfer-Encoding: chunked", "Content-Length: {n}")),
        ("after", ("Content-Length: {n}", "Transfer-Encoding: chunked")),
    ):
        key = f"smuggling {name}"
        yield Wire(key, write.head(*(h.replace("{n}", "6") for h in headers)) + b"0\r\n\r\n" + smuggled)
        yield Wire(
            f"{key} long",
            write.head(*(h.replace("{n}", str(5 + len(smuggled))) for h in headers)) + b"0\r\n\r\n" + smuggled,
        )
    yield Wire(
        "coding in HTTP/1.0",
        write.head("Transfer-Encoding: chunked", start=f"POST {write.path} HTTP/1.0") + b"0\r\n\r\n" + smuggled,
    )
    # No coding at all: five bytes that are no event, then a second request that is one.
    name = "coding under another name"
    unread = write.head("Transfer_Encoding: chunked", "Content-Length: 5") + b"0\r\n\r\n"
    yield Wire(name, unread + write.whole(name), taken=1)
    yield Wire(
        "coding with a space before the colon",
        write.head("Transfer-Encoding : chunked", "Content-Length: 5") + b"0\r\n\r\n" + smuggled,
    )


def _chunks(write: Writer) -> Iterator[Wire]:
    for name, size in SIZES.items():
        key = f"chunk {name}"
        yield Wire(
            key, write.head("Transfer-Encoding: chunked") + _latin(size) + b"\r\n" + write.body(key) + b"\r\n0\r\n\r\n"
        )
    yield Wire("chunks", write.chunked("chunks"), taken=1)
    yield Wire("chunk extension", write.chunked("chunk extension", size=';a=b;c="d"'), taken=1)
    yield Wire("chunk trailers", write.chunked("chunk trailers", end=b"0\r\nX-After: 1\r\n\r\n"))
    yield Wire(
        "chunk trailer with a length",
        write.chunked("chunk trailer with a length", end=b"0\r\nContent-Length: 1\r\n\r\n"),
    )
    yield Wire("chunks without end", write.chunked("chunks without end", end=b""))
    yield Wire("chunks hung up", write.chunked("chunks hung up", end=b""), hangs_up=True)
    yield Wire("last chunk without end", write.chunked("last chunk without end", end=b"0\r\n"))
    yield Wire("chunk without its line end", write.chunked("chunk without its line end").replace(b"}\r\n0", b"}0"))
    yield Wire(
        "chunk shorter than said",
        write.head("Transfer-Encoding: chunked") + b"fff\r\n" + write.body("chunk shorter than said"),
    )
    yield Wire(
        "chunks of one byte",
        write.head("Transfer-Encoding: chunked")
        + b"".join(b"1\r\n%c\r\n" % byte for byte in write.body("chunks of one byte"))
        + b"0\r\n\r\n",
        taken=1,
    )
    yield Wire(
        "many extensions",
        write.head("Transfer-Encoding: chunked")
        + b"".join(b"1;" + b"e" * 200 + b"\r\n \r\n" for _ in range(500))
        + b"0\r\n\r\n",
    )
    yield Wire("many trailers", write.chunked("many trailers", end=b"0\r\n" + b"X: 1\r\n" * 20_000 + b"\r\n"))
    yield Wire(
        "endless chunks",
        write.head("Transfer-Encoding: chunked") + b"".join(b"4000\r\n" + b" " * 0x4000 + b"\r\n" for _ in range(200)),
    )


def _headers(write: Writer) -> Iterator[Wire]:
    odd = {
        "no colon": "X-Nothing", "no name": ": x", "space in the name": "X A: 1", "NUL": "X: a\x00b", "NUL in the name": "X\x00: a",
        "line feed": "X: a\nb: c", "carriage return": "X: a\rb", "folded": "X: a\r\n b", "control": "X: \x01\x02", "latin": "X: é",
        "64 kB": "X: " + "x" * 65_536, "1 MB": "X: " + "x" * 1_048_576, "a long name": "X" * 65_536 + ": 1", "no value": "X:",
        "space before the colon": "X : 1", "starts with a space": " X: 1", "names of ours": "remote_addr: 1\r\nwsgi.input: x\r\nHTTP_HOST: evil",
    }  # fmt: skip
    harmless = ("latin", "no value", "names of ours", "line feed", "64 kB")
    for name, header in odd.items():
        key = f"header {name}"
        yield Wire(key, write.whole(key, header), taken=int(name in harmless))
    for count in (101, 1_000, 10_000):
        key = f"{count} headers"
        yield Wire(key, write.whole(key, *(f"X-{number}: {number}" for number in range(count))))
    yield Wire(
        "header lines end in line feeds", write.whole("header lines end in line feeds").replace(b"\r\n", b"\n"), taken=1
    )
    yield Wire("half a header", write.head()[:-10])
    yield Wire("a header that never ends", write.head()[:-2] + b"X: " + b"x" * 300)
    for name, host in (("missing", ""), ("doubled", "Host: a\r\nHost: b"), ("hostile", "Host: evil.example"), ("a port", "Host: 127.0.0.1:99999999"),
                       ("a path", "Host: 127.0.0.1/../"), ("a script", "Host: <script>alert(1)</script>"), ("user", "Host: a@127.0.0.1"),
                       ("NUL", "Host: 127.0.0.1\x00"), ("blank", "Host: "), ("brackets", "Host: [::1"), ("long", "Host: " + "a" * 5_000)):  # fmt: skip
        yield Wire(f"host {name}", write.head("Connection: close", start="GET /admin/login/ HTTP/1.1", host=host))


def _targets(write: Writer) -> Iterator[Wire]:
    targets = {
        "absolute": f"POST http://{write.host}{write.path} HTTP/1.1", "absolute elsewhere": f"POST http://evil.example{write.path} HTTP/1.1",
        "no version": f"POST {write.path}", "HTTP/0.9": "GET /healthz", "HTTP/1.2": f"POST {write.path} HTTP/1.2", "HTTP/9.9": f"POST {write.path} HTTP/9.9",
        "HTTP/2.0": f"POST {write.path} HTTP/2.0", "asterisk": "OPTIONS * HTTP/1.1", "asterisk post": "POST * HTTP/1.1", "authority": f"CONNECT {write.host} HTTP/1.1",
        "CONNECT elsewhere": "CONNECT evil.example:443 HTTP/1.1", "TRACE": "TRACE / HTTP/1.1", "a method of ours": f"GR\u00dcSS {write.path} HTTP/1.1",
        "a long method": "X" * 5_000 + f" {write.path} HTTP/1.1", "lower case": f"post {write.path} HTTP/1.1", "no target": "POST HTTP/1.1", "two spaces": f"POST  {write.path} HTTP/1.1",
        "no slash": "POST api HTTP/1.1", "backslashes": "POST \\api\\v1\\ingest HTTP/1.1", "fragment": f"POST {write.path}#x HTTP/1.1", "NUL": "POST /\x00 HTTP/1.1",
        "tab": f"POST\t{write.path}\tHTTP/1.1", "raw bytes": "GET /\xff\xfe HTTP/1.1", "percent": "GET /%ff%00%zz HTTP/1.1", "8 kB": "GET /" + "a" * 8_192 + " HTTP/1.1",
        "64 kB": "GET /" + "a" * 65_536 + " HTTP/1.1", "a query of 60 kB": "GET /healthz?" + "a" * 60_000 + " HTTP/1.1", "two slashes": "GET //evil.example/ HTTP/1.1", "dots": "GET /../../etc/passwd HTTP/1.1",
        "a script": "GET /<script>alert(1)</script> HTTP/1.1", "javascript": "GET javascript:alert(1) HTTP/1.1", "another scheme": "GET ftp://x/y HTTP/1.1",
    }  # fmt: skip
    good = ("absolute", "absolute elsewhere", "fragment", "lower case")
    for name, start in targets.items():
        key = f"target {name}"
        yield Wire(key, write.whole(key, start=start), taken=int(name in good))
    yield Wire("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
    yield Wire(
        "HTTP/2 asked for",
        write.whole(
            "HTTP/2 asked for",
            "Connection: Upgrade, HTTP2-Settings",
            "Upgrade: h2c",
            "HTTP2-Settings: AAMAAABkAAQAAP__",
        ),
        taken=1,
    )
    yield Wire(
        "web socket",
        write.head(
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: x",
            start="GET / HTTP/1.1",
        ),
    )
    yield Wire("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500))
    yield Wire("an SSH client", b"SSH-2.0-OpenSSH_9.2\r\n")
    yield Wire("a mail client", b"EHLO example.org\r\nMAIL FROM:<a@example.org>\r\n")
    yield Wire("a Redis client", b"*1\r\n$4\r\nPING\r\n")
    yield Wire("a proxy's line", b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + write.whole("a proxy's line"))
    yield Wire("rubbish", bytes(range(256)) * 40)
    yield Wire("empty lines", b"\r\n" * 2_000)
    yield Wire("nothing", b"")


def _connections(write: Writer) -> Iterator[Wire]:
    yield Wire(
        "pipelined",
        write.whole("pipelined") + write.whole("pipelined too") + write.whole("pipelined", "Connection: close"),
        taken=3,
    )
    yield Wire("pipelined after a bad one", write.head("Content-Length: x") + write.whole("pipelined after a bad one"))
    yield Wire("pipelined a hundred", write.whole("pipelined a hundred") * 100, taken=100)
    yield Wire("expects 100", write.whole("expects 100", "Expect: 100-continue"), taken=1)
    yield Wire("expects a wonder", write.whole("expects a wonder", "Expect: wonder"), taken=1)
    yield Wire("expects 100 and says nothing", write.head("Content-Length: 100", "Expect: 100-continue"))
    for part in (1, 20, 60):
        key = f"hung up after {part}"
        yield Wire(key, write.head("Content-Length: 100") + write.body(key)[:part], hangs_up=True)
    key = "hung up though long enough to parse"
    yield Wire(key, write.head("Content-Length: 500") + write.body(key), hangs_up=True)
    yield Wire("a body that never ends", write.head("Content-Length: 500") + write.body("a body that never ends"))
    yield Wire("too large", write.head("Content-Length: 3000000") + write.body("too large") + b" " * 2_999_000)
    yield Wire(
        "too large and still coming",
        write.head("Content-Length: 3000000") + write.body("too large and still coming") + b" " * 1_500_000,
    )
    bomb = gzip.compress(b"[" + b" " * 30_000_000 + write.body("bomb") + b"]")
    for coding in ("gzip", "gzip, gzip", "deflate", "br", "zstd"):
        yield Wire(f"a bomb {coding}", write.head(f"Content-Length: {len(bomb)}", f"Content-Encoding: {coding}") + bomb)
    squeezed = gzip.compress(write.body("coding gzip of a chunk"))
    yield Wire(
        "coding gzip of a chunk",
        write.head("Transfer-Encoding: gzip, chunked") + b"%x\r\n" % len(squeezed) + squeezed + b"\r\n0\r\n\r\n",
    )


def _latin(text: str) -> bytes:
    return text.encode("utf-8" if any(ord(char) > 255 for char in text) else "latin-1")

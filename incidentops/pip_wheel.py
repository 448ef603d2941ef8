"""Fetches one pinned pip wheel from the index this machine is set up for: for a Python without ensurepip."""

from __future__ import annotations

import base64
import configparser
import hashlib
import html.parser
import http.client
import os
import shlex
import ssl
import sys
import urllib.parse
import urllib.request
from pathlib import Path

# Any of these will do: a mirror may keep only some versions. The hash is what is trusted, not the server.
WHEELS = {
    "pip-26.3-py3-none-any.whl": "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13",
    "pip-25.3-py3-none-any.whl": "9655943313a94722b7774661c21049070f6bbb0a1516bf02f7c8d5d9201514cd",
}
DEFAULT_INDEX = "https://pypi.org/simple"  # pip's own default, used only where nothing is configured
TIMEOUT_SECONDS = 30
MAX_PAGE_BYTES = 8 * 1024 * 1024
MAX_WHEEL_BYTES = 16 * 1024 * 1024


class WheelNotFoundError(Exception):
    """No configured place had a pip wheel with a pinned hash; the text lists what each place answered."""


def _config_files(environ: dict[str, str]) -> list[Path]:
    """pip's configuration files, weakest first (pip's documentation, "Configuration")."""
    home = Path(environ.get("HOME") or Path.home())
    explicit = environ.get("PIP_CONFIG_FILE")
    if explicit == os.devnull:
        return []
    if os.name == "nt":
        appdata = Path(environ.get("APPDATA") or home)
        program_data = Path(environ.get("PROGRAMDATA") or "C:/ProgramData")
        files = [program_data / "pip" / "pip.ini", home / "pip" / "pip.ini", appdata / "pip" / "pip.ini"]
    else:
        system = [Path(d) / "pip" / "pip.conf" for d in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":") if d]
        user = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
        files = [*system, Path("/etc/pip.conf"), home / ".pip" / "pip.conf", user / "pip" / "pip.conf"]
        if sys.platform == "darwin":
            files.insert(0, Path("/Library/Application Support/pip/pip.conf"))
            files.append(home / "Library" / "Application Support" / "pip" / "pip.conf")
    files.append(Path(sys.prefix) / ("pip.ini" if os.name == "nt" else "pip.conf"))
    return [*files, Path(explicit)] if explicit else files


def pip_settings(environ: dict[str, str]) -> dict[str, str]:
    """What pip would read for `install`: files weakest first, then PIP_… variables. Unreadable files: passed over."""
    settings: dict[str, str] = {}
    for path in _config_files(environ):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                settings.update({key.replace("_", "-"): value for key, value in parser.items(section)})
    for key, value in environ.items():
        if key.startswith("PIP_") and value:
            settings[key[4:].lower().replace("_", "-")] = value
    return settings


def index_urls(settings: dict[str, str]) -> list[str]:
    """The configured indexes, the main one first; none where pip was told `no-index`."""
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        return []
    return [settings.get("index-url", "").strip() or DEFAULT_INDEX, *settings.get("extra-index-url", "").split()]


class _Links(html.parser.HTMLParser):
    """Collects the addresses of a simple index page (PEP 503), made absolute."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.base = page
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href")
        if target and tag == "base":
            self.base = urllib.parse.urljoin(self.base, target)
        elif target and tag == "a":
            self.links.append(urllib.parse.urljoin(self.base, target))


class _Fetcher:
    """Reads file and http addresses with pip's certificate, proxy and trusted-host settings."""

    def __init__(self, settings: dict[str, str]) -> None:
        proxy = settings.get("proxy")
        proxies = {"http": proxy, "https": proxy} if proxy else None  # None: urllib reads environment and system
        cert = settings.get("cert")
        self.trusted = set(settings.get("trusted-host", "").split())
        self.proxy = urllib.request.ProxyHandler(proxies)
        self.context = ssl.create_default_context(cafile=cert if cert and Path(cert).is_file() else None)
        self.lax = ssl.create_default_context()
        self.lax.check_hostname = False
        self.lax.verify_mode = ssl.CERT_NONE

    def read(self, url: str, limit: int) -> bytes:
        """The body of `url`; raises OSError where it cannot be had or is larger than `limit` bytes."""
        parts = urllib.parse.urlsplit(url)
        request = urllib.request.Request(_bare(url), headers={"Accept": "text/html, */*;q=0.1"})  # noqa: S310
        if parts.username:
            pair = urllib.parse.unquote(parts.username) + ":" + urllib.parse.unquote(parts.password or "")
            request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
        host = parts.hostname or ""
        trusted = host in self.trusted or f"{host}:{parts.port}" in self.trusted
        https = urllib.request.HTTPSHandler(context=self.lax if trusted else self.context)
        opener = urllib.request.build_opener(self.proxy, https)
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            body: bytes = answer.read(limit + 1)
        if len(body) > limit:
            raise OSError(f"the answer is larger than {limit} bytes")
        return body


def _bare(url: str) -> str:
    """The address without user, password and fragment: what may be shown and what is put on the wire."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))


def _local(url: str) -> Path | None:
    parts = urllib.parse.urlsplit(url)
    return Path(urllib.request.url2pathname(parts.path)) if parts.scheme == "file" else None


def _candidates(page: str, fetcher: _Fetcher) -> list[str]:
    """Addresses of files listed at `page`: a simple index page, a page of links or a folder."""
    folder = _local(page)
    if folder and folder.is_dir():
        index = folder / "index.html"
        if not index.is_file():
            return [entry.as_uri() for entry in folder.iterdir()]
        page = index.as_uri()
    links = _Links(page)
    links.feed(fetcher.read(page, MAX_PAGE_BYTES).decode("utf-8", "replace"))
    return links.links


def _with_user(link: str, page: str) -> str:
    """`link` with the user and password of `page` where both are on one host: private indexes ask for them twice."""
    there, here = urllib.parse.urlsplit(link), urllib.parse.urlsplit(page)
    if "@" in here.netloc and there.netloc == here.netloc.rpartition("@")[2]:
        return urllib.parse.urlunsplit(there._replace(netloc=here.netloc))
    return link


def _as_url(place: str) -> str:
    return place if "://" in place or place.startswith("file:") else Path(place).expanduser().resolve().as_uri()


def _take(page: str, fetcher: _Fetcher) -> tuple[str, bytes]:
    """Name and content of the first pinned wheel listed at `page`; raises OSError that says why there is none."""
    links = {urllib.parse.unquote(_bare(link).rsplit("/", 1)[-1]): link for link in _candidates(page, fetcher)}
    name = next((name for name in WHEELS if name in links), None)
    if name is None:
        raise OSError("has none of " + ", ".join(WHEELS))
    body = fetcher.read(_with_user(links[name], page), MAX_WHEEL_BYTES)
    if hashlib.sha256(body).hexdigest() != WHEELS[name]:
        raise OSError(f"its {name} is not the one we know (wrong SHA-256), not used")
    return name, body


def fetch(folder: Path, environ: dict[str, str]) -> Path:
    """Puts a pinned pip wheel into `folder` and returns its path.

    Looks at pip's find-links, then at its indexes (PEP 503). Raises WheelNotFoundError; OSError where `folder` cannot
    be written.
    """
    settings = pip_settings(environ)
    fetcher = _Fetcher(settings)
    pages = [_as_url(place) for place in shlex.split(settings.get("find-links", ""), posix=os.name != "nt")]
    pages += [_as_url(index).rstrip("/") + "/pip/" for index in index_urls(settings)]
    answers = []
    for page in pages:
        try:
            name, body = _take(page, fetcher)
        except (OSError, ValueError, http.client.HTTPException) as error:
            answers.append(f"{_bare(page)}: {getattr(error, 'reason', None) or error}")
            continue
        target = folder / name
        target.write_bytes(body)
        return target
    raise WheelNotFoundError("; ".join(answers) or "pip is set to use no index and no find-links")

"""A page as PDF, where WeasyPrint and the system's libraries that it needs are there."""

import ctypes
import importlib.util
import logging
import sys
from email.message import Message
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.utils.translation import gettext as _

#: What relative addresses in a page begin with; nothing is ever asked of it.
HERE: Final = "http://static.invalid"
MAX_CHARACTERS: Final = 400_000
PACKAGES: Final = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
REQUIREMENTS: Final = "postmortems/exchange/requirements.txt"
_LIBRARIES: Final = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
_ONE: Final = Lock()  # laying out takes a core and some hundred megabytes at most once in a process


class PdfMissing(Exception):  # noqa: N818  (it reads as what happened)
    """No PDF can be made here; the text says what to install, or what to do instead."""


@cache
def missing() -> str:
    """What has to be installed before PDFs can be made, as a sentence; "" where nothing has. Loads none of it."""
    if importlib.util.find_spec("weasyprint") is None:
        return _no_extra()
    return _no_libraries() if sys.platform == "linux" and not all(map(_loads, _LIBRARIES)) else ""


def write(html: str) -> bytes:
    """The PDF of a page. Raises PdfMissing."""
    if len(html) > MAX_CHARACTERS:
        raise PdfMissing(_("It is too long for a PDF: print the page from the browser."))
    try:
        from weasyprint import HTML  # noqa: PLC0415  # an extra, and slow to load
        from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415
    except ImportError as error:
        raise PdfMissing(_no_extra()) from error
    except OSError as error:
        raise PdfMissing(_no_libraries()) from error

    for name in ("weasyprint", "weasyprint.progress"):  # they tell each step of each page
        logging.getLogger(name).setLevel(logging.ERROR)

    class OurFiles(URLFetcher):
        """Serves our static files and data: addresses; a page never makes this server ask anybody."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url[:5].casefold() == "data:":
                return super().fetch(url, headers)
            body, kind = ours(url)
            said = Message()
            said["Content-Type"] = kind
            return URLFetcherResponse(url, body, said, 200)

    fetcher = OurFiles(allowed_protocols=("data",), allow_redirects=False)
    with _ONE:
        made: bytes = HTML(string=html, base_url=f"{HERE}/", url_fetcher=fetcher).write_pdf()
    return made


_KINDS: Final = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2"}


def ours(url: str) -> tuple[bytes, str]:
    """A static file of ours and its type. Raises ValueError for every other address."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    kind = _KINDS.get(Path(path).suffix)
    if f"{parts.scheme}://{parts.netloc}" != HERE or kind is None or not path.startswith(settings.STATIC_URL):
        raise ValueError("Only our own static files are served.")
    try:
        found = finders.find(path.removeprefix(settings.STATIC_URL))
    except (SuspiciousFileOperation, ValueError) as error:
        raise ValueError("Only our own static files are served.") from error
    if not isinstance(found, str):
        raise ValueError("There is no such file.")
    return Path(found).read_bytes(), kind


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _no_extra() -> str:
    return _("PDFs need an extra: .venv/bin/pip install -r %(file)s, and the Debian packages %(packages)s.") % {
        "file": REQUIREMENTS,
        "packages": PACKAGES,
    }


def _no_libraries() -> str:
    return _("PDFs need libraries of the system: apt install %(packages)s") % {"packages": PACKAGES}

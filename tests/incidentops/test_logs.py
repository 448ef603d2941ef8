"""What is typed outside cannot write lines of the log, nor act in the terminal that shows it."""

import io
import logging
import re
from collections.abc import Iterator

import pytest
import structlog

from incidentops import logs
from tests.hostile.strings import FORGED

UNSHOWABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture
def said(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What a logger of the standard library says, as our formatter writes it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    renderer = structlog.processors.JSONRenderer() if request.param else structlog.dev.ConsoleRenderer(colors=False)
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=logs.SHARED, processors=[meta, renderer])
    )
    logger = logging.getLogger("said")
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)


@pytest.mark.parametrize("said", [True, False], indirect=True, ids=["json", "console"])
def test_no_text_becomes_a_line_or_a_command(said: io.StringIO) -> None:
    assert len(set(FORGED)) == len(FORGED) >= 30
    for text in FORGED:
        logging.getLogger("said").warning("Refused: %s", text)
    assert len(said.getvalue().splitlines()) == len(FORGED)
    assert not UNSHOWABLE.search(said.getvalue())


@pytest.mark.parametrize("said", [False], indirect=True)
def test_no_error_forges_a_line(said: io.StringIO) -> None:
    for text in FORGED:
        try:
            raise ValueError(text)
        except ValueError:
            logging.getLogger("said").exception("A fault")
    own = [line for line in said.getvalue().splitlines() if line.strip() and not line.startswith("  ")]
    assert len(own) == len(FORGED)
    assert all("A fault" in line for line in own)
    assert not UNSHOWABLE.search(said.getvalue())


def test_no_text_fills_the_disk() -> None:
    assert len(logs.harmless(None, "info", {"event": "x" * 1_000_000})["event"]) == logs.MAX_TEXT


def test_a_hostile_host_is_a_line_without_a_traceback() -> None:
    fields = {"logger": "django.security.DisallowedHost", "event": "Invalid", "exc_info": True}
    assert logs.without_strangers_tracebacks(None, "error", fields) == {"logger": fields["logger"], "event": "Invalid"}
    assert "exc_info" in logs.without_strangers_tracebacks(None, "error", {"logger": "django.request", "exc_info": 1})

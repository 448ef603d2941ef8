"""What the log must not hold: addresses that open doors, whoever wrote the line."""

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import structlog
from django.test import Client
from django.utils import timezone

from incidentops.logs import SHARED
from incidents import lifecycle
from incidents.models import Severity
from oncall import keys
from oncall.models import Page
from oncall.paging import Actor
from tests import cast


class Written(logging.Handler):
    """Lines as the product writes them."""

    def __init__(self) -> None:
        super().__init__()
        last = structlog.processors.JSONRenderer(ensure_ascii=False)
        self.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=SHARED, processor=last))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log() -> Iterator[list[str]]:
    handler = Written()
    logging.getLogger().addHandler(handler)
    yield handler.lines
    logging.getLogger().removeHandler(handler)


def test_a_refused_button_does_not_write_the_link_into_the_log(db: None, log: list[str]) -> None:
    company, now = cast.platform(timezone.now()), timezone.now()
    sev1 = Severity.objects.get(level="SEV-1")
    incident = lifecycle.declare("Down", company.service, Actor(None, "x", "engine"), now, severity=sev1)
    page = Page.objects.get(subject=incident.subject)
    path = urlsplit(keys.page_link(page.pk, None, now)).path
    client = Client()
    assert client.post(path, {"act": "drop"}).status_code == 400
    assert client.post(path, {"act": "resolve"}).status_code == 303
    assert client.post(path, {"act": "ack"}).status_code == 409
    assert sum("/p/…" in line for line in log) == 2
    assert [line for line in log if path.split("/")[2] in line] == []


@pytest.mark.parametrize("before", ["/l/", "/p/", "/calendars/", "/account/reset/", "/api/v1/ingest/generic/"])
def test_a_traceback_or_a_librarys_line_holds_no_key_either(log: list[str], before: str) -> None:
    key: Any = "1-abcdef_0123456789ABCDEF"
    structlog.get_logger("ours").warning("odd", where=f"{before}{key}/")
    try:
        raise ValueError(f"GET http://127.0.0.1:8000{before}{key}/?x=1")
    except ValueError:
        logging.getLogger("theirs").exception("failed for %s%s/", before, key)
    assert len(log) == 2
    assert [line for line in log if key in line] == []

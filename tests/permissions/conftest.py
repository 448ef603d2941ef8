"""The story is told once a file, in a transaction that is given up at the end."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.db import transaction
from django.test import override_settings

from incidentops import console
from tests.cast import NOW
from tests.permissions import story

LOOKED_AT = NOW + 80 * story.MINUTE


class _Ear(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(scope="module")
def ear() -> Iterator[_Ear]:
    """What was logged while the story was told; SQL is no log of ours."""
    heard = _Ear()
    logging.getLogger().addHandler(heard)
    yield heard
    logging.getLogger().removeHandler(heard)


@pytest.fixture(scope="module")
def telling(django_db_setup: None, django_db_blocker: Any, ear: _Ear) -> Iterator[story.Story]:
    demo = override_settings(CONSOLE_TRANSPORT=True, CELERY_NUDGES=False)
    with django_db_blocker.unblock(), demo, transaction.atomic():
        with time_machine.travel(LOOKED_AT, tick=False):
            told = story.tell()
        yield told
        transaction.set_rollback(True)


@pytest.fixture
def told(telling: story.Story, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[story.Story]:
    """An hour and a half after the story began, with a mailbox; the engine's light costs nothing."""
    settings.CONSOLE_TRANSPORT = True
    monkeypatch.setattr(console, "ENGINE_LIGHT_SECONDS", 10_000)
    caches["process"].clear()
    with time_machine.travel(LOOKED_AT, tick=False):
        yield telling
    caches["process"].clear()

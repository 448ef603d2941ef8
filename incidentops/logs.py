"""Logs with fields: JSON in production, readable in the demo. What senders and strangers typed forges no line."""

import logging.config
import re
from textwrap import indent
from typing import Any, Final

import structlog

MAX_TEXT: Final = 2_000
# Line ends, controls (a terminal obeys them), and marks that turn the direction of text around.
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

# What stands in an address and opens a door: pages on a phone, links in mails, new passwords, senders' keys.
_OPENS = re.compile(r"(/(?:p|l|calendars|account/reset|api/v1/ingest/[a-z_]+)/)[\w.~%-]{12,}")


def without_keys(logger: Any, method: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Django names the address of every answer that is an error; of ours some are secrets."""
    for name, value in fields.items():
        if isinstance(value, str):
            fields[name] = _OPENS.sub(r"\1…", value)
    return fields


def harmless(logger: Any, method: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Every text is one line of at most 2,000 characters; of a traceback each line is set in."""
    for name, value in fields.items():
        if isinstance(value, str) and name == "exception":
            fields[name] = indent("\n".join(map(_escaped, value.split("\n"))), "  ", lambda line: True)
        elif isinstance(value, str):
            fields[name] = _escaped(value[:MAX_TEXT])
    return fields


def _escaped(text: str) -> str:
    return _UNSHOWABLE.sub(lambda found: ascii(found[0])[1:-1], text)


def without_strangers_tracebacks(logger: Any, method: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A hostile Host header is a line, not a fault with its traceback: whoever can connect could fill the disk."""
    if fields.get("logger") == "django.security.DisallowedHost":
        fields.pop("exc_info", None)
    return fields


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    without_strangers_tracebacks,
    structlog.processors.format_exc_info,
    without_keys,
    harmless,
]


def configure(*, json: bool, level: str) -> None:
    """One formatter for structlog's loggers and for those of the libraries."""
    renderer: Any = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"fields": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "fields"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "celery": {"level": "WARNING"},
                "celery.beat": {"level": "WARNING"},
                "kombu": {"level": "WARNING"},
                "django_celery_beat": {"level": "WARNING"},
                # Quieter: apprise and HTTP clients log addresses, which hold secrets.
                "apprise": {"level": "CRITICAL"},
                "urllib3": {"level": "WARNING"},
                "MARKDOWN": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )

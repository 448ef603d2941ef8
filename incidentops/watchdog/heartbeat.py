"""Calls HEARTBEAT_URL while all is well: who listens there alarms when the calls stop coming."""

from urllib.parse import urlsplit

import requests
import structlog

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 10.0


def call(url: str) -> bool:
    """One GET to the operator's own address; whether it was taken. Neither path nor query is logged: they are keys."""
    host = urlsplit(url).hostname
    try:
        with requests.get(url, timeout=TIMEOUT_SECONDS, stream=True) as answer:
            if answer.ok:
                return True
            log.warning("heartbeat_refused", host=host, status=answer.status_code)
    except (requests.RequestException, ValueError) as error:
        log.warning("heartbeat_failed", host=host, error=type(error).__name__)
    return False

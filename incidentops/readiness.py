"""Before the start: is the port free? After it: does the web server answer, and what may one try next?"""

import http.client
import json
import os
import shlex
import socket
import subprocess
from collections.abc import Iterable


def port_taken(address: str, port: int) -> str | None:
    """Why `address` and `port` cannot be listened on, in words; None where they can."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name != "nt":  # there the option means the opposite: share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen(1)
        except OSError as error:
            return error.strerror or str(error)
    return None


def asked_name(allowed_hosts: Iterable[str], address: str) -> str:
    """The host name under which the server at `address` will answer: ALLOWED_HOSTS may not hold the address itself."""
    return next((name for name in allowed_hosts if not name.startswith((".", "*"))), reachable(address))


def answers(address: str, port: int, name: str) -> bool:
    """Whether /healthz says 200 there under the host `name`, asked as the proxy in front would ask."""
    link = http.client.HTTPConnection(reachable(address), port, timeout=2)
    try:
        link.request("GET", "/healthz", headers={"Host": name, "X-Forwarded-Proto": "https"})
        return link.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def reachable(address: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104  # compared, not bound


def next_commands(url: str, key: str | None) -> list[str]:
    """Three commands to try; with a key the first fires an alert and the second resolves it."""
    if key is None:
        return [
            command_line(["curl", url + "/healthz"]),
            "python3 manage.py token USERNAME --scope write",
            "python3 manage.py config export",
        ]
    alert = {"summary": "12 % of requests fail", "severity": "critical", "dedup_key": "demo"}
    return [
        _send(url, key, {**alert, "labels": {"error_rate": "12 %"}}),
        _send(url, key, {**alert, "action": "resolve"}),
        "python3 manage.py config export",
    ]


def _send(url: str, key: str, alert: dict[str, object]) -> str:
    body = json.dumps(alert, ensure_ascii=False)
    headers = ["-H", f"Authorization: Token {key}", "-H", "Content-Type: application/json"]
    return command_line(["curl", *headers, "-d", body, f"{url}/api/v1/ingest/generic/"])


def command_line(argv: list[str]) -> str:
    """`argv` as one types it into this platform's shell."""
    return subprocess.list2cmdline(argv) if os.name == "nt" else shlex.join(argv)

"""Reached over TLS behind a proxy: nothing to find for `check --deploy`, and nobody is led round in circles."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client, override_settings

from incidentops import tls
from incidentops.env import Environment

SITE = "https://incidents.example.org"
HOST = {"HTTP_HOST": "incidents.example.org"}


def production(monkeypatch: pytest.MonkeyPatch | None = None, **environment: str) -> Any:
    if monkeypatch:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
    made = tls.settings_of(SITE, Environment())
    return override_settings(
        **made, SITE_URL=SITE, ALLOWED_HOSTS=["incidents.example.org", "127.0.0.1"], SECRET_KEY="k7-Q" * 20 + "abcdef"
    )


def named() -> list[str]:
    """What the check would print."""
    found = run_checks(tags=["security"], include_deployment_checks=True)
    return [str(each) for each in found if not each.is_silenced()]


def test_production_settings_leave_nothing_for_the_deployment_check_to_name() -> None:
    with production():
        assert named() == []


@pytest.mark.parametrize("name", ["HSTS_SUBDOMAINS", "HSTS_PRELOAD", "SSL_REDIRECT"])
def test_what_an_operator_decides_otherwise_is_no_finding(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with production(monkeypatch, **{name: "false"}):
        assert named() == []


def test_a_site_of_plain_http_stays_possible() -> None:
    assert tls.settings_of("http://incidents.internal:8000", Environment()) == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "proto", "status"),
    [
        ("/admin/login/", "https", 200),
        ("/admin/login/", "", 200),  # a proxy that says nothing must not loop
        ("/admin/login/", "http", 301),
        ("/healthz", "http", 200),
        ("/metrics", "http", 200),
    ],
)
def test_only_who_came_by_plain_http_is_led_to_https(path: str, proto: str, status: int) -> None:
    said = {"HTTP_X_FORWARDED_PROTO": proto} if proto else {}
    with production():
        answer = Client(**HOST).get(path, **said)
    assert answer.status_code == status
    if status == 301:
        assert answer["Location"] == f"{SITE}{path}"
    elif path == "/admin/login/":
        assert answer["Strict-Transport-Security"] == "max-age=2592000; includeSubDomains; preload"


def test_a_probe_beside_us_is_led_nowhere(db: None) -> None:
    with production():
        assert Client(HTTP_HOST="127.0.0.1").get("/healthz").status_code == 200
        assert Client(HTTP_HOST="127.0.0.1").get("/readyz").status_code in (200, 503)


def test_senders_by_plain_http_are_answered_not_led_elsewhere(db: None) -> None:
    with production():
        answer = Client(**HOST).post(
            "/api/v1/ingest/generic/", "{}", "application/json", headers={"x-forwarded-proto": "http"}
        )
    assert answer.status_code == 401

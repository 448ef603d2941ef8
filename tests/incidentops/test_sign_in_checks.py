"""System checks of signing in, and of the connections that web and workers may open."""

from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from incidentops import checks, sign_in_checks
from tests import cast

WHOLE = {"OIDC_ISSUER": "https://id.example.org", "OIDC_CLIENT_ID": "c", "OIDC_CLIENT_SECRET": "s"}


@pytest.fixture
def said(settings: Any) -> Any:
    def say(**values: Any) -> list[str]:
        for name, value in {**dict.fromkeys(WHOLE, ""), "OIDC_GROUPS": [], "OIDC_ONLY": False, **values}.items():
            setattr(settings, name, value)
        found = sign_in_checks.single_sign_on_is_whole(None)
        found += sign_in_checks.somebody_gets_in(None, databases=["default"])
        return [str(each.id).removeprefix("incidentops.") for each in found]

    return say


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, []),
        (WHOLE, []),
        ({"OIDC_ISSUER": WHOLE["OIDC_ISSUER"]}, ["E010"]),
        ({"OIDC_ONLY": True}, ["E011"]),
        ({**WHOLE, "OIDC_ISSUER": "http://id.example.org", "PRODUCTION": True}, ["E012"]),
        ({**WHOLE, "OIDC_ISSUER": "https://id.example.org/" + "x" * 200}, ["E013"]),
        ({**WHOLE, "OIDC_GROUPS": [("", "Responder")]}, ["E014"]),
        ({**WHOLE, "OIDC_GROUPS": [("sre", "Responders")]}, ["W010"]),
        ({**WHOLE, "OIDC_GROUPS": [("sre", "Responder")]}, []),
    ],
)
def test_half_a_single_sign_on_is_named(db: None, said: Any, values: dict[str, Any], found: list[str]) -> None:
    assert said(**values) == found


def test_where_single_sign_on_is_the_rule_somebody_else_must_get_in(db: None, said: Any) -> None:
    only = {**WHOLE, "OIDC_ONLY": True, "BREAK_GLASS_USER": "glass"}
    assert said(**only) == ["W011"]
    glass = cast.person("glass", is_superuser=True, password="!")
    assert said(**only) == ["W011"], "without a password it opens nothing"
    glass.password = make_password("correct horse battery")
    glass.save()
    assert said(**only) == []
    glass.is_active = False
    glass.save()
    assert said(**only) == ["W011"]


class Server:
    """A PostgreSQL that allows so many connections."""

    vendor = "postgresql"

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed

    def cursor(self) -> "Server":
        return self

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None: ...

    def execute(self, sql: str) -> None:
        assert sql == "SHOW max_connections"

    def fetchone(self) -> tuple[str]:
        return (str(self.allowed),)


@pytest.mark.parametrize(("processes", "threads", "found"), [(1, 32, []), (4, 32, ["incidentops.E002"])])
def test_a_start_that_could_use_up_the_databases_connections_says_so(
    monkeypatch: pytest.MonkeyPatch, settings: Any, processes: int, threads: int, found: list[str]
) -> None:
    settings.WEB_PROCESSES, settings.WEB_THREADS = processes, threads
    monkeypatch.setattr(checks, "connection", Server(100))
    assert [each.id for each in checks.connections_suffice(None, databases=["default"])] == found

"""The schema says what there is, without a warning; its page needs nothing inline."""

import io
import re

import pytest
from django.core.management import call_command
from django.test import Client

VERBS = [
    *("acknowledge", "severity", "role", "note", "escalate", "page"),
    *("mitigate", "resolve", "reopen", "merge", "dismiss", "close"),
]


def test_the_schema_is_valid_and_without_warnings() -> None:
    schema = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=schema)
    for verb in VERBS:
        assert f"/api/v1/incidents/{{number}}/{verb}/:" in schema.getvalue()


@pytest.mark.django_db
def test_the_schema_names_problems_and_the_token() -> None:
    answer = Client().get("/api/v1/schema/", {"format": "json"}).json()
    assert "Problem" in answer["components"]["schemas"]
    assert answer["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert "summary" in str(answer["paths"]["/api/v1/ingest/generic/"]["post"]["requestBody"])
    body = answer["paths"]["/api/v1/incidents/{number}/severity/"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"]["$ref"].endswith("/SeverityBody")


@pytest.mark.django_db
def test_the_page_has_nothing_inline_and_nothing_from_elsewhere() -> None:
    answer = Client().get("/api/v1/docs/")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|https?://", html)
    assert not re.search(r"<script[^>]*>[^<]", html)
    script = re.search(r'src="(/api/v1/docs/\?[^"]*script[^"]*)"', html)
    assert script
    made = Client().get(script[1])
    assert made["Content-Type"].startswith("application/javascript")
    assert b"SwaggerUIBundle" in made.content

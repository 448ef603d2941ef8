"""A program that calls the API with a person's token."""

import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from oncall import keys
from oncall.models import User
from tests import cast

MOST_QUERIES = 12


def caller(user: User, scope: str = "write") -> APIClient:
    """A client with a token of the person's."""
    client = APIClient()
    token = keys.issue_api_token(user, scope, timezone.now())
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def prove(client: Client, person: User) -> None:
    """As if the person had just typed their password again: what asks for it goes on."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()


def member(group: str, username: str = "") -> User:
    """Somebody in one of the shipped groups."""
    user = cast.person(username or f"{group.split()[-1].lower()}1")
    user.groups.add(Group.objects.get(name=group))
    return user


def as_member(group: str, scope: str = "write") -> APIClient:
    return caller(member(group), scope)


def queries_of(call: Callable[[], Any]) -> tuple[Any, int]:
    """What it answered, and how many queries that took, savepoints left aside."""
    with CaptureQueriesContext(connection) as seen:
        answer = call()
    asked = [query["sql"] for query in seen if "SAVEPOINT" not in query["sql"]]
    return answer, len(asked)


def fields_of(answer: Any) -> list[str]:
    """The fields that a problem names."""
    assert answer["Content-Type"].startswith("application/problem+json")
    return [error["field"] for error in answer.json()["errors"]]

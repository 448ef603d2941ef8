"""`token` prints a token that opens the API, once."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from oncall.keys import find_api_token
from oncall.models import ApiToken, User

pytestmark = pytest.mark.django_db


def test_the_printed_token_is_that_persons_and_is_not_stored() -> None:
    User.objects.create_user("ana", "ana@example.org", "x")
    out = io.StringIO()
    call_command("token", "ana", scope="write", stdout=out)
    text = out.getvalue().strip()
    found = find_api_token(text, timezone.now())
    assert found
    assert (found.user.username, found.scope) == ("ana", "write")
    assert text not in str(ApiToken.objects.values().get())


def test_unknown_and_inactive_people_get_none() -> None:
    User.objects.create_user("bo", "bo@example.org", "x", is_active=False)
    for name in ("bo", "nobody"):
        with pytest.raises(CommandError):
            call_command("token", name)
    assert not ApiToken.objects.exists()

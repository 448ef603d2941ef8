"""Signing in leads to the console."""

import pytest
from django.test import Client
from django.urls import reverse

from tests import cast

pytestmark = pytest.mark.django_db


def test_signing_in_without_a_wish_leads_to_what_needs_a_human() -> None:
    user = cast.person("ana")
    user.set_password("correct horse battery")
    user.save()
    answer = Client().post(reverse("admin:login"), {"username": "ana", "password": "correct horse battery"})
    assert answer.status_code == 302
    assert answer["Location"] == reverse("admin:index")

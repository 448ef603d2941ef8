import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from oncall import contacts
from oncall.models import ContactMethod, Notification
from tests import cast
from tests.cast import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.urls("oncall.urls")]


@pytest.fixture
def method() -> ContactMethod:
    return cast.person("ana", verified=False).contact_methods.get()


def sent_code() -> str:
    return re.findall(r"\d{6}", Notification.objects.filter(kind="code").latest("id").text)[0]


def sent_path() -> str:
    return Notification.objects.filter(kind="code").latest("id").link.removeprefix("http://127.0.0.1:8000")


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


class TestCodes:
    def test_the_code_goes_to_the_address_and_only_its_digest_is_kept(self, method: ContactMethod) -> None:
        contacts.start_verification(method, NOW)
        row = Notification.objects.get()
        assert (row.kind, row.address, row.private, row.page) == ("code", "ana@example.org", True, None)
        assert sent_code() in row.text and sent_code() not in method.code_digest
        assert method.verified_at is None

    def test_the_right_code_verifies_once(self, method: ContactMethod) -> None:
        contacts.start_verification(method, NOW)
        assert contacts.confirm(method, f" {sent_code()} ", NOW + timedelta(minutes=9))
        assert method.verified_at == NOW + timedelta(minutes=9)
        assert not contacts.confirm(method, sent_code(), NOW + timedelta(minutes=9))

    def test_a_code_holds_for_ten_minutes(self, method: ContactMethod) -> None:
        contacts.start_verification(method, NOW)
        assert not contacts.confirm(method, sent_code(), NOW + timedelta(minutes=10))

    def test_after_five_wrong_tries_the_right_one_does_not_count(self, method: ContactMethod) -> None:
        contacts.start_verification(method, NOW)
        for _ in range(5):
            assert not contacts.confirm(method, wrong(sent_code()), NOW)
        assert not contacts.confirm(method, sent_code(), NOW)

    def test_four_wrong_tries_leave_one(self, method: ContactMethod) -> None:
        contacts.start_verification(method, NOW)
        for _ in range(4):
            contacts.confirm(method, wrong(sent_code()), NOW)
        assert contacts.confirm(method, sent_code(), NOW)

    def test_a_new_code_ends_the_one_before(self, method: ContactMethod) -> None:
        contacts.start_verification(method, NOW)
        old = sent_code()
        contacts.start_verification(method, NOW + timedelta(minutes=1))
        assert old == sent_code() or not contacts.confirm(method, old, NOW + timedelta(minutes=1))

    def test_the_sixth_code_in_an_hour_is_refused(self, method: ContactMethod) -> None:
        for minute in range(5):
            contacts.start_verification(method, NOW + timedelta(minutes=minute))
        with pytest.raises(contacts.TooManyCodes):
            contacts.start_verification(method, NOW + timedelta(minutes=59))
        contacts.start_verification(method, NOW + timedelta(minutes=60))

    def test_a_code_for_the_old_address_does_not_vouch_for_a_new_one(self, method: ContactMethod) -> None:
        contacts.start_verification(method, NOW)
        method.address = "somebody@example.org"
        method.save()
        assert not contacts.confirm(method, sent_code(), NOW)

    def test_without_a_code_sent_nothing_confirms(self, method: ContactMethod) -> None:
        assert not contacts.confirm(method, "", NOW)
        assert not contacts.confirm(method, "000000", NOW)

    def test_only_the_verification_itself_is_history(self, method: ContactMethod) -> None:
        before = method.history.count()
        contacts.start_verification(method, NOW)
        contacts.confirm(method, wrong(sent_code()), NOW)
        assert method.history.count() == before
        contacts.confirm(method, sent_code(), NOW)
        assert method.history.count() == before + 1


class TestLinks:
    def test_reading_the_link_changes_nothing(self, method: ContactMethod, client: Client) -> None:
        contacts.start_verification(method, NOW)
        with time_machine.travel(NOW, tick=False):
            for _ in range(3):
                answer = client.get(sent_path())
        method.refresh_from_db()
        assert answer.status_code == 200 and b"ana@example.org" in answer.content
        assert method.verified_at is None

    def test_its_button_verifies_without_a_session_or_a_cookie(self, method: ContactMethod) -> None:
        contacts.start_verification(method, NOW)
        with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
            answer = Client(enforce_csrf_checks=True).post(sent_path())
        method.refresh_from_db()
        assert answer.status_code == 200 and b"Confirmed" in answer.content
        assert method.verified_at == NOW + timedelta(minutes=1)

    def test_a_used_an_old_and_a_replaced_link_are_gone(self, method: ContactMethod, client: Client) -> None:
        contacts.start_verification(method, NOW)
        first = sent_path()
        contacts.start_verification(method, NOW + timedelta(seconds=30))
        second = sent_path()
        with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
            assert client.post(first).status_code == 410
            assert client.post(second).status_code == 200
            assert client.post(second).status_code == 410
        contacts.start_verification(method, NOW + timedelta(minutes=2))
        with time_machine.travel(NOW + timedelta(minutes=17), tick=False):
            assert client.get(sent_path()).status_code == 410
            assert client.post(sent_path()).status_code == 410

    @pytest.mark.parametrize("token", ["x", "A" * 48, "%00", "ü"])
    def test_a_made_up_link_is_gone(self, token: str, client: Client) -> None:
        assert client.get(f"/l/{token}/").status_code == 410
        assert client.post(f"/l/{token}/").status_code == 410

    def test_the_page_leaks_nothing_and_is_light(self, method: ContactMethod, client: Client) -> None:
        contacts.start_verification(method, NOW)
        with time_machine.travel(NOW, tick=False):
            answer = client.get(sent_path())
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex"
        assert "no-store" in answer["Cache-Control"]
        assert len(answer.content) < 10_000 and b"<script" not in answer.content

    def test_a_name_is_never_markup(self, method: ContactMethod, client: Client) -> None:
        method.user.name = "<b>Ana</b>"
        method.user.save()
        contacts.start_verification(method, NOW)
        with time_machine.travel(NOW, tick=False):
            assert b"&lt;b&gt;Ana&lt;/b&gt;" in client.get(sent_path()).content

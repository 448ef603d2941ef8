from datetime import UTC, datetime, timedelta

import pytest

from oncall import keys
from oncall.models import ApiToken
from tests import cast

NOW = datetime(2026, 1, 14, 9, 0, tzinfo=UTC)


def token_of(link: str) -> str:
    return link.rstrip("/").rpartition("/")[2]


def test_a_key_is_long_random_and_of_letters_and_digits() -> None:
    made = {keys.new_key() for _ in range(50)}
    assert len(made) == 50
    assert all(len(key) == 32 and key.isalnum() and key.isascii() for key in made)
    assert len(keys.new_key(20)) == 20


def test_what_is_stored_of_a_key_depends_on_the_secret_and_does_not_show_it(settings) -> None:
    before = keys.digest("a-key")
    assert len(before) == 64 and "a-key" not in before
    settings.SECRET_KEY = "another"
    assert keys.digest("a-key") != before


@pytest.mark.parametrize("length", [0, 8, 20, 32, 64])
def test_at_most_a_quarter_of_a_key_is_shown(length: int) -> None:
    assert len(keys.prefix("k" * length)) <= min(8, length / 4)


@pytest.mark.django_db
class TestApiTokens:
    def test_a_token_is_found_by_its_text_and_stored_only_as_a_digest(self) -> None:
        ana = cast.person("ana")
        token = keys.issue_api_token(ana, "write", NOW, name="laptop")
        row = ApiToken.objects.get()
        assert token not in {row.prefix, row.digest} and token.startswith(row.prefix)
        found = keys.find_api_token(token, NOW)
        assert found is not None and (found.user, found.scope, found.name) == (ana, "write", "laptop")

    def test_a_scope_that_does_not_exist_is_refused(self) -> None:
        with pytest.raises(ValueError, match="everything"):
            keys.issue_api_token(cast.person("ana"), "everything", NOW)

    def test_revoked_tokens_and_those_of_inactive_people_are_not_found(self) -> None:
        ana, bo = cast.person("ana"), cast.person("bo", is_active=False)
        revoked, inactive = keys.issue_api_token(ana, "read", NOW), keys.issue_api_token(bo, "read", NOW)
        ApiToken.objects.filter(user=ana).update(revoked_at=NOW)
        assert keys.find_api_token(revoked, NOW) is None
        assert keys.find_api_token(inactive, NOW) is None

    @pytest.mark.parametrize("text", ["", "iop_", "x" * 5_000, "iop_" + "a" * 40])
    def test_other_texts_find_nothing(self, text: str) -> None:
        keys.issue_api_token(cast.person("ana"), "read", NOW)
        assert keys.find_api_token(text, NOW) is None

    def test_its_last_use_is_written_at_most_once_a_minute(self, django_assert_num_queries) -> None:
        token = keys.issue_api_token(cast.person("ana"), "read", NOW)
        keys.find_api_token(token, NOW)
        with django_assert_num_queries(1):
            keys.find_api_token(token, NOW + timedelta(seconds=59))
        assert ApiToken.objects.get().last_used_at == NOW
        keys.find_api_token(token, NOW + timedelta(seconds=60))
        assert ApiToken.objects.get().last_used_at == NOW + timedelta(seconds=60)


class TestPageLinks:
    def test_a_link_names_its_page_and_whose_message_it_was(self, settings) -> None:
        settings.SITE_URL = "https://ops.example.org"
        link = keys.page_link(12, 7, NOW)
        assert link.startswith("https://ops.example.org/p/") and link.endswith("/")
        assert keys.read_page_token(token_of(link), NOW) == keys.Ticket(12, 7, NOW, expired=False)

    def test_a_link_to_a_shared_address_names_nobody(self) -> None:
        ticket = keys.read_page_token(token_of(keys.page_link(12, None, NOW)), NOW)
        assert ticket is not None and ticket.person_id is None

    def test_a_link_expires_after_a_day_and_stays_readable(self) -> None:
        token = token_of(keys.page_link(12, 7, NOW))
        late = keys.read_page_token(token, NOW + timedelta(hours=24))
        assert late is not None and late.expired and late.page_id == 12
        just = keys.read_page_token(token, NOW + timedelta(hours=24) - timedelta(seconds=1))
        assert just is not None and not just.expired

    def test_no_character_of_a_token_can_be_changed(self) -> None:
        token = token_of(keys.page_link(12, 7, NOW))
        for place, old in enumerate(token):
            other = "A" if old != "A" else "B"
            assert keys.read_page_token(token[:place] + other + token[place + 1 :], NOW) is None

    @pytest.mark.parametrize("token", ["", "A", "====", "ü" * 48, "A" * 48, "A" * 10_000, "a b", "\x00"])
    def test_what_we_did_not_make_is_refused(self, token: str) -> None:
        assert keys.read_page_token(token, NOW) is None

    def test_two_spellings_of_one_token_are_not_both_right(self) -> None:
        token = token_of(keys.page_link(12, 7, NOW))
        assert keys.read_page_token(token + "=", NOW) is None
        assert keys.read_page_token(f"{token[:4]}!{token[4:]}", NOW) is None


class TestSignedLinks:
    def test_a_link_says_what_it_is_for(self) -> None:
        token = token_of(keys.signed_link("contact", 5, "0123456789abcdef", NOW))
        assert keys.read_signed_link(token) == keys.SignedLink("contact", 5, "0123456789abcdef", NOW)

    def test_the_two_kinds_of_link_do_not_stand_for_each_other(self) -> None:
        page, link = keys.page_link(5, 0, NOW), keys.signed_link("contact", 5, "0" * 16, NOW)
        assert keys.read_signed_link(token_of(page)) is None
        assert keys.read_page_token(token_of(link), NOW) is None

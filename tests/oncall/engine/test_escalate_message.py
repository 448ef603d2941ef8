"""A page says what, since when, how bad, who else and what next; nothing private leaves, nothing typed is markup."""

import pytest

from oncall.engine import escalate
from oncall.models import Notification, User
from tests import cast
from tests.cast import NOW
from tests.oncall.pages import minutes, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("root")]


class TestMessage:
    def test_says_what_since_when_how_bad_who_else_and_what_next(self) -> None:
        crew = cast.platform()
        opened(cast.policy("Two", [(0, [cast.to_user(crew.ana), cast.to_user(crew.cy)]), (5, [cast.to_user(crew.bo)])]))
        User.objects.filter(pk=crew.ana.pk).update(timezone="Europe/Berlin")
        escalate.run(NOW)
        row = Notification.objects.get(person=crew.ana)
        assert row.title == "[SEV-1 Critical] Checkout: High error rate"
        assert row.text.splitlines() == [
            "High error rate",
            "",
            "How bad: SEV-1 Critical",
            "Service: Checkout",
            "Since: 09:58 CET (08:58 UTC)",
            "",
            "Error rate: 12 %",
            "",
            "Runbook: https://runbooks.example.org/checkout",
            "",
            "Also paged: Cy.",
            "Next: Bo is paged at 10:05 CET (09:05 UTC) unless somebody acknowledges.",
        ]
        assert "/p/" in row.link

    def test_later_step_names_whom_the_earlier_one_paged(self) -> None:
        opened(cast.platform().policy)
        escalate.run(NOW)
        escalate.run(NOW + minutes(5))
        assert "Also paged: Ana." in Notification.objects.get(step=2).text

    def test_last_step_announces_the_fallback(self) -> None:
        opened(cast.policy("One", [(0, [cast.to_user(cast.person("ana"))])], repeat_after=10))
        escalate.run(NOW)
        assert "Next: the fallback channel is told at 09:10 WET" in Notification.objects.get().text

    def test_whom_the_next_step_cannot_reach_is_not_announced(self) -> None:
        crew = cast.platform()
        crew.bo.is_active = False
        crew.bo.save()
        steps = [(0, [cast.to_user(crew.ana)]), (5, [cast.to_user(crew.bo)]), (5, [cast.to_user(crew.cy)])]
        opened(cast.policy("Three", steps))
        escalate.run(NOW)
        assert "Next: Cy is paged at 09:05 WET" in Notification.objects.get().text

    def test_nothing_private_reaches_a_channel_or_the_fallback(self) -> None:
        room = cast.channel("Ops room")
        opened(cast.policy("Room", [(0, [cast.to_channel(room)])]), private=True, title="Key leaked")
        opened(None, subject="test:2", private=True, title="Key leaked")
        escalate.run(NOW)
        assert Notification.objects.count() == 2
        for row in Notification.objects.all():
            assert row.private
            assert "leaked" not in row.title + row.text
            assert "Error rate" not in row.text

    def test_hostile_title_stays_one_header_line_and_text_stays_small(self) -> None:
        ana = cast.person("ana")
        facts = tuple({"label": f"l{n}", "value": "é" * 9_000} for n in range(100))
        opened(cast.policy("One", [(0, [cast.to_user(ana)])]), title="x\r\nBcc: all@example.org" * 40, facts=facts)
        escalate.run(NOW)
        row = Notification.objects.get()
        assert "\n" not in row.title
        assert len(row.title) <= 200
        assert len(row.text.encode()) <= 8_192
        assert row.text.endswith("unless somebody acknowledges.")

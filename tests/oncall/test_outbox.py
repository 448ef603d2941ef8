from datetime import timedelta

import pytest

from oncall import keys, outbox
from oncall.models import Notification, Page
from oncall.outbox import Draft
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db

State = Notification.State


def page(**fields: object) -> Page:
    return Page.objects.create(
        **{"subject": "incident:1", "title": "Checkout is slow", "severity_label": "SEV-2", "opened_at": NOW}
        | {"started_at": NOW}
        | fields
    )


def draft(key: str = "page:1:1.1", **fields: object) -> Draft:
    return Draft(key=key, kind="page", title="SEV-2 Checkout is slow", text="p99 is 4 s")._replace(**fields)


def ticket(link: str) -> keys.Ticket | None:
    return keys.read_page_token(link.rstrip("/").rpartition("/")[2], NOW)


class TestPosting:
    def test_posting_twice_is_posting_once(self) -> None:
        outbox.post([draft("a"), draft("b")], NOW)
        outbox.post([draft("b", title="other"), draft("c")], NOW + timedelta(minutes=1))
        assert list(Notification.objects.order_by("key").values_list("key", "title", "state")) == [
            ("a", "SEV-2 Checkout is slow", "pending"),
            ("b", "SEV-2 Checkout is slow", "pending"),
            ("c", "SEV-2 Checkout is slow", "pending"),
        ]

    def test_a_hundred_drafts_are_written_in_bulk(self, django_assert_max_num_queries) -> None:
        with django_assert_max_num_queries(6):
            outbox.post([draft(f"k{number}") for number in range(100)], NOW)
        assert Notification.objects.count() == 100

    def test_it_is_due_now_and_given_up_half_an_hour_after_it_is_due(self) -> None:
        outbox.post([draft("now"), draft("later", due_at=NOW + timedelta(minutes=5))], NOW)
        times = {row.key: (row.due_at - NOW, row.give_up_at - NOW) for row in Notification.objects.all()}
        assert times == {
            "now": (timedelta(0), timedelta(minutes=30)),
            "later": (timedelta(minutes=5), timedelta(minutes=35)),
        }

    def test_a_title_stays_one_line_and_hidden_characters_are_taken_out(self) -> None:
        outbox.post([draft(title="fire\r\nBcc: all@example.org", text="a\u202eb\nc", recipient="x" * 999)], NOW)
        row = Notification.objects.get()
        assert (row.title, row.text, len(row.recipient)) == ("fire Bcc: all@example.org", "ab\nc", 200)

    def test_dispatch_is_asked_for_after_the_commit(self, settings, django_capture_on_commit_callbacks) -> None:
        settings.CELERY_NUDGES = True
        with django_capture_on_commit_callbacks() as callbacks:
            outbox.post([draft("a")], NOW)
            outbox.post([draft("b")], NOW)
            outbox.post([], NOW)
        assert [callback.task_name for callback in callbacks] == ["oncall.dispatch"]


class TestCancelling:
    def test_waiting_messages_stop_and_those_under_way_are_counted(self) -> None:
        mine, other = page(), page(subject="incident:2")
        outbox.post([draft(f"m{n}", page_id=mine.pk) for n in range(4)], NOW)
        outbox.post([draft("aware", page_id=mine.pk, kind="aware"), draft("other", page_id=other.pk)], NOW)
        Notification.objects.filter(key="m0").update(state=State.SENDING)
        Notification.objects.filter(key="m1").update(state=State.SENT)
        stopped, moving = outbox.cancel([mine.pk], "acknowledged by Ana", NOW)
        assert (stopped, [Notification.objects.get(pk=one.pk).key for one in moving]) == (2, ["m0"])
        states = dict(Notification.objects.values_list("key", "state"))
        assert states == {
            "m0": "sending",
            "m1": "sent",
            "m2": "cancelled",
            "m3": "cancelled",
            "aware": "pending",
            "other": "pending",
        }
        assert Notification.objects.get(key="m2").reason == "acknowledged by Ana"


class TestPeople:
    def test_one_draft_for_each_rule_of_the_urgency_due_when_the_rule_says(self) -> None:
        ana = cast.person("ana")
        push = cast.contact(ana, "push", "ntfys://ntfy.example.org/topic-of-ana")
        cast.rule(ana, push, 5, ["high"])
        drafts = outbox.to_person(ana, draft("p"), NOW)
        assert [(d.transport, d.due_at - NOW, d.person_id) for d in drafts] == [
            ("console", timedelta(0), ana.pk),
            ("apprise", timedelta(minutes=5), ana.pk),
        ]
        assert len({d.key for d in drafts}) == 2
        assert len(outbox.to_person(ana, draft("p", urgency="low"), NOW)) == 1

    def test_an_unverified_contact_method_does_not_count(self) -> None:
        assert outbox.to_person(cast.person("ana", verified=False), draft("p"), NOW) == []

    def test_two_rules_for_one_contact_method_have_two_keys(self) -> None:
        ana = cast.person("ana")
        cast.rule(ana, ana.contact_methods.get(), 10)
        assert [d.key for d in outbox.to_person(ana, draft("p"), NOW)] == [
            f"p:{ana.pk}:{rule.pk}" for rule in ana.notification_rules.filter(urgency="high").order_by("delay_minutes")
        ]

    def test_each_persons_link_names_them(self) -> None:
        ana, bo, running = cast.person("ana"), cast.person("bo"), page()
        template = draft("p", page_id=running.pk)
        links = [outbox.to_person(user, template, NOW)[0].link for user in (ana, bo)]
        assert [ticket(link).person_id for link in links] == [ana.pk, bo.pk]

    def test_the_label_masks_an_address_that_holds_secrets(self) -> None:
        ana = cast.person("ana", rules=False)
        method = cast.contact(ana, "chat", "slack://TOKENaaaa/TOKENbbbb/TOKENcccc")
        shown = outbox.to_contact(ana, method, draft("p"), NOW).recipient
        assert shown.startswith("Ana (slack://…") and "TOKEN" not in shown

    def test_real_mail_is_used_where_there_is_a_mail_server(self, settings) -> None:
        settings.CONSOLE_TRANSPORT = False
        (made,) = outbox.to_person(cast.person("ana"), draft("p"), NOW)
        assert (made.transport, made.recipient) == ("email", "Ana (ana@example.org)")

    def test_telling_takes_the_first_rule_then_any_contact_method_then_the_account(self) -> None:
        ana, bo, cy = cast.person("ana"), cast.person("bo", rules=False), cast.person("cy", verified=False)
        cast.rule(ana, cast.contact(ana, "push", "ntfys://topic-of-ana"), 5)
        told = [outbox.to_person_once(user, draft("t", kind="aware"), NOW) for user in (ana, bo, cy)]
        assert [[d.contact_method_id for d in drafts] for drafts in told] == [
            [ana.contact_methods.get(slug="mail").pk],
            [bo.contact_methods.get().pk],
            [None],
        ]
        assert told[2][0].address == "cy@example.org"


class TestSharedAddresses:
    def test_a_channel_gets_one_draft_with_a_link_that_names_nobody(self, settings) -> None:
        settings.CONSOLE_TRANSPORT = False
        room = cast.channel("Ops room")
        (made,) = outbox.to_channel(room, draft("p", page_id=page().pk), NOW)
        assert (made.transport, made.channel_id, made.recipient) == ("email", room.pk, "Ops room (room@example.org)")
        assert ticket(made.link).person_id is None

    def test_the_fallback_is_the_operators_channel(self, settings) -> None:
        settings.FALLBACK_CHANNEL_URL = "slack://TOKENaaaa/TOKENbbbb/TOKENcccc"
        cast.person("root", is_superuser=True)
        (made,) = outbox.to_fallback(draft("p", kind="fallback"), NOW)
        assert (made.transport, made.address) == ("apprise", settings.FALLBACK_CHANNEL_URL)
        assert "TOKEN" not in made.recipient

    def test_without_one_every_active_superuser_gets_mail(self, settings) -> None:
        settings.FALLBACK_CHANNEL_URL = ""
        cast.person("ana")
        root = cast.person("root", is_superuser=True, verified=False)
        cast.person("gone", is_superuser=True, is_active=False)
        (made,) = outbox.to_fallback(draft("p", kind="fallback"), NOW)
        assert (made.person_id, made.address) == (root.pk, "root@example.org")

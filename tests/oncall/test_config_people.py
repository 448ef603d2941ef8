"""People from documents: defaults once, lists replaced, what is left out kept, nobody with a past deleted."""

from datetime import UTC, datetime

import pytest

from oncall.models import ContactMethod, LayerMember, NotificationRule, User
from tests import cast
from tests.cast import NOW
from tests.configuring import PEOPLE, SCHEDULE, apply, refused, warnings

pytestmark = pytest.mark.django_db

ANA = "users: [{username: ana, email: ana@example.org%s}]"


def ana() -> User:
    return User.objects.get(username="ana")


def methods() -> list[tuple[str, str, bool]]:
    return [(m.slug, m.address, bool(m.verified_at)) for m in ana().contact_methods.order_by("slug")]


def rules() -> set[tuple[str, str, int]]:
    return {(r.urgency, r.contact_method.slug, r.delay_minutes) for r in ana().notification_rules.all()}


def test_a_new_person_is_reached_by_mail_at_once_and_may_use_the_console() -> None:
    report = apply(ANA % "")
    assert report.changes == ["+ user ana"]
    assert methods() == [("email", "ana@example.org", True)]
    assert rules() == {("high", "email", 0), ("low", "email", 0)}
    assert (ana().is_staff, ana().has_usable_password(), ana().is_superuser) == (True, False, False)
    assert ana().contact_methods.get().verified_at == NOW
    assert apply(ANA % "").changes == []


def test_rules_left_out_are_every_method_at_once() -> None:
    apply(
        ANA
        % ", contact_methods: [{slug: a, address: a@example.org, verified: true}, {slug: b, address: b@example.org}]"
    )
    assert methods() == [("a", "a@example.org", True), ("b", "b@example.org", False)]
    assert rules() == {(urgency, slug, 0) for urgency in ("high", "low") for slug in "ab"}


def test_what_is_left_out_keeps_its_value_and_null_takes_it_away() -> None:
    hours = 'working_hours: {days: [fri, mon], from: "09:00", to: "17:00"}'
    apply(ANA % f", name: Ana, timezone: Europe/Lisbon, holidays: PT, active: false, groups: [Responder], {hours}")
    apply(ANA % "")
    person = ana()
    assert (person.name, person.timezone, person.holidays, person.is_active) == ("Ana", "Europe/Lisbon", "PT", False)
    assert (person.working_days, str(person.works_from)) == (["mon", "fri"], "09:00:00")
    assert [group.name for group in person.groups.all()] == ["Responder"]
    apply(ANA % ", working_hours: null, holidays: null, groups: []")
    person = ana()
    assert (person.working_days, person.works_from, person.holidays, person.groups.count()) == ([], None, "", 0)


def test_a_method_that_stays_is_changed_in_place_and_keeps_its_rules() -> None:
    apply(ANA % "")
    before = ContactMethod.objects.get()
    apply(ANA % ", contact_methods: [{slug: email, address: new@example.org, verified: true}]")
    assert ContactMethod.objects.get().pk == before.pk
    assert (len(rules()), methods()) == (2, [("email", "new@example.org", True)])


def test_a_new_address_is_not_verified_by_the_old_ones_code() -> None:
    person = cast.person("ana")
    person.contact_methods.update_or_create(slug="mail", defaults={"code_digest": "x", "code_tries": 1})
    apply(ANA % ", contact_methods: [{slug: mail, address: other@example.org}]")
    method = ContactMethod.objects.get()
    assert (method.verified_at, method.code_digest) == (None, "")


def test_verified_left_out_keeps_what_a_code_has_shown() -> None:
    cast.person("ana")
    assert apply(ANA % ", contact_methods: [{slug: mail, address: ana@example.org}]").changes == []
    apply(ANA % ", contact_methods: [{slug: mail, address: ana@example.org, verified: false}]")
    assert methods() == [("mail", "ana@example.org", False)]


def test_whom_no_page_can_reach_is_a_warning() -> None:
    report = apply(ANA % ", contact_methods: []")
    assert [str(w) for w in report.warnings] == [
        "a.yaml:1: users[0].notification_rules: no rule of high urgency has a verified contact method: pages cannot "
        "reach this person"
    ]


def test_lists_are_replaced_and_say_the_same_in_any_order() -> None:
    methods = "contact_methods: [{slug: b, address: b@example.org, verified: true}, {slug: a, address: a@example.org}]"
    low, high = "{urgency: low, contact_method: a}", "{urgency: high, contact_method: b, delay_minutes: 5}"
    leave = '{from: "2026-02-01T00:00:00Z", to: "2026-02-02T00:00:00Z"}'
    more = '{from: "2026-01-01T00:00:00+01:00", to: "2026-01-02T00:00:00Z", reason: ill}'
    apply(
        ANA % f", {methods}, notification_rules: [{low}, {high}], leave: [{leave}, {more}], groups: [Viewer, Manager]"
    )
    assert rules() == {("low", "a", 0), ("high", "b", 5)}
    kept = set(NotificationRule.objects.values_list("pk", flat=True))
    again = f", notification_rules: [{high}, {low}], leave: [{more}, {leave}], groups: [Manager, Viewer]"
    assert apply(ANA % again).changes == []
    apply(ANA % f", notification_rules: [{high}], leave: [{leave}]")
    assert rules() == {("high", "b", 5)}
    assert set(NotificationRule.objects.values_list("pk", flat=True)) < kept
    assert [away.starts_at for away in ana().leave.all()] == [datetime(2026, 2, 1, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (", groups: [Nobody]", "users[0].groups[0]: there is no Nobody among groups"),
        (", timezone: Mars/Base", "users[0].timezone: Mars/Base is not a time zone"),
        (", working_hours: {days: [mon], from: 9:00, to: '17:00'}", "users[0].working_hours.from: write a time of day"),
        (
            ", working_hours: {days: [monday], from: '09:00', to: '17:00'}",
            "users[0].working_hours.days[0]: write one of",
        ),
        (", contact_methods: [{slug: a, address: nobody}]", "users[0].contact_methods[0].address: email: write one"),
        (
            ", contact_methods: [{slug: a, kind: apprise, address: 'syslog://x'}]",
            "users[0].contact_methods[0].address: scheme: syslog:// is not allowed",
        ),
        (
            ", contact_methods: [{slug: a, address: a@example.org}, {slug: a, address: b@example.org}]",
            "users[0].contact_methods[1].slug: a stands here twice",
        ),
        (
            ", contact_methods: [], notification_rules: [{urgency: high, contact_method: a}]",
            "users[0].notification_rules[0].contact_method: ana has no contact method a",
        ),
        (
            ", notification_rules: [{urgency: high, contact_method: a}]",
            "users[0].notification_rules[0].contact_method: ana has no contact method a",
        ),
        (
            ", notification_rules: [{urgency: high, contact_method: email, delay_minutes: -1}]",
            "users[0].notification_rules[0].delay_minutes: write 0 or more",
        ),
        (", leave: [{from: '2026-02-02T00:00:00Z', to: '2026-02-02T00:00:00Z'}]", "users[0].leave[0].to: this is not"),
        (', name: "a\\u202eb"', "users[0].name: take out the control characters"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(fields: str, said: str) -> None:
    assert refused(ANA % fields).startswith(f"a.yaml:1: {said}")
    assert not User.objects.exists()


def test_a_person_needs_a_mail_address() -> None:
    assert refused("users:\n- username: ana\n") == "a.yaml:2: users[0].email: this is required"


def test_check_knows_only_the_files() -> None:
    assert warnings(PEOPLE) == ""
    assert warnings("teams: [{name: A, lead: ana, members: [bo]}]").splitlines() == [
        "a.yaml:1: teams[0].lead: there is no ana among users",
        "a.yaml:1: teams[0].members[0]: there is no bo among users",
    ]


def test_prune_keeps_superusers_and_deactivates_people_with_a_place_or_a_past() -> None:
    User.objects.create_superuser("root", "root@example.org", "x")
    apply(PEOPLE, SCHEDULE)
    been = cast.person("been", last_login=NOW)
    never = cast.person("never")
    report = apply("users: [{username: bo, email: bo@example.org}]", prune=True)
    assert report.changes == [
        "~ user ana: active true → false",
        "~ user been: active true → false",
        "~ user cy: active true → false",
        "- user never",
    ]
    been.refresh_from_db()
    assert not been.is_active
    assert not User.objects.filter(pk=never.pk).exists()
    assert User.objects.get(username="root").is_active
    assert LayerMember.objects.filter(user__username="ana").exists()
    assert apply("users: [{username: bo, email: bo@example.org}]", prune=True).changes == []


def test_history_says_when_and_why() -> None:
    apply(ANA % "")
    later = datetime(2026, 2, 1, tzinfo=UTC)
    apply(ANA % ", name: Ana", now=later)
    told = [(h.history_type, h.history_date, h.history_change_reason) for h in ana().history.all()]
    assert told == [("~", later, "configuration file"), ("+", NOW, "configuration file")]
    assert NotificationRule.history.count() == 2

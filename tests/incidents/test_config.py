"""Severities, services and integrations from documents: keys hashed and shown once, nothing in use pruned."""

from datetime import timedelta

import pytest

from incidents import integrations, lifecycle
from incidents.models import InboxItem, Integration, Service, Severity, SeverityPolicy
from oncall import keys
from oncall.paging import Actor
from tests.cast import NOW
from tests.configuring import PEOPLE, POLICY, SCHEDULE, SERVICE, apply, refused, warnings

pytestmark = pytest.mark.django_db

KEY = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"
EVENTS = "integrations: [{name: Events, service: checkout, format: %s%s}]"


@pytest.fixture
def checkout() -> Service:
    apply(PEOPLE, SCHEDULE, POLICY, SERVICE)
    return Service.objects.get()


# -- Severities --------------------------------------------------------------------------------------------------------
def test_a_profile_is_found_by_its_level_and_keeps_what_is_left_out() -> None:
    before = Severity.objects.get(level="SEV-3")
    report = apply("severities: [{level: SEV-3, page: always, response: 30, aware: [team_lead]}]")
    assert report.changes == ["~ severity SEV-3: page working_hours → always; response 60 → 30"]
    after = Severity.objects.get(level="SEV-3")
    assert (after.pk, after.rank, after.name) == (before.pk, 3, "Minor")
    assert (after.response_minutes, after.page, after.examples) == (30, "always", before.examples)


def test_response_is_minutes_the_next_business_day_or_nothing() -> None:
    apply("severities: [{level: SEV-1, response: next_business_day}, {level: SEV-4, response: null}]")
    found = Severity.objects.in_bulk(field_name="level")
    assert (found["SEV-1"].response_minutes, found["SEV-1"].response_next_business_day) == (None, True)
    assert (found["SEV-4"].response_minutes, found["SEV-4"].response_next_business_day) == (None, False)


def test_who_is_made_aware_may_be_unknown_and_that_is_said() -> None:
    aware = "severities: [{level: SEV-1, aware: [ana, room, team_lead, team_manager, %s]}]"
    rest = PEOPLE + "\nchannels: [{name: Room, address: room@example.org}]"
    line = "a.yaml:1: severities[0].aware[4]: there is no vp among users and channels"
    assert warnings(aware % "vp", rest) == line
    assert [str(warning) for warning in apply(aware % "vp", rest).warnings] == [line]
    assert apply(aware % "bo", rest).warnings == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("level: SEV-5, name: Five", "severities[0].level: write one of 'SEV-1'"),
        ("level: SEV-1, page: sometimes", "severities[0].page: write one of 'always'"),
        ("level: SEV-1, response: soon", "severities[0].response: write minutes, or next_business_day"),
        ("level: SEV-1, response: true", "severities[0].response: write minutes, or next_business_day"),
        ("level: SEV-1, review_hours: 0", "severities[0].review_hours: "),
        ("level: SEV-1, publish_business_days: -1", "severities[0].publish_business_days: "),
    ],
)
def test_a_wrong_profile_is_refused(fields: str, said: str) -> None:
    assert refused(f"severities: [{{{fields}}}]").startswith(f"a.yaml:1: {said}")


# -- Services ----------------------------------------------------------------------------------------------------------
def test_services_policies_by_severity_and_what_they_need(checkout: Service) -> None:
    texts = (
        "services: [{name: Checkout, depends_on: [orders], severity_policies: {SEV-1: platform, SEV-2: platform}}]",
        "services: [{name: Orders, default_severity: SEV-2, grouping_minutes: 0, user_facing: true, "
        "auto_resolve: false, runbook_url: 'https://runbooks.example.com/o'}]",
    )
    apply(*texts)
    orders = Service.objects.get(slug="orders")
    assert list(checkout.depends_on.all()) == [orders]
    assert (orders.grouping_minutes, orders.auto_resolve, orders.user_facing) == (0, False, True)
    assert orders.default_severity and orders.default_severity.level == "SEV-2"
    assert SeverityPolicy.objects.count() == 2
    assert apply(*texts).changes == []
    apply("services: [{name: Checkout, severity_policies: {SEV-2: platform}, depends_on: [], team: null}]")
    checkout.refresh_from_db()
    assert checkout.team is None and checkout.escalation_policy is not None
    assert [each.severity.level for each in SeverityPolicy.objects.all()] == ["SEV-2"]
    assert not checkout.depends_on.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("depends_on: [checkout]", "services[0].depends_on: a service does not depend on itself"),
        ("depends_on: [orders]", "services[0].depends_on[0]: there is no orders among services"),
        ("escalation_policy: none", "services[0].escalation_policy: there is no none among escalation_policies"),
        ("severity_policies: {SEV-9: platform}", "services[0].severity_policies.SEV-9: write one of"),
        ("runbook_url: 'javascript:alert(1)'", "services[0].runbook_url: write an address that begins with https://"),
        ("roles: []", "services[0].roles: unknown field"),
    ],
)
def test_a_wrong_service_is_refused(checkout: Service, fields: str, said: str) -> None:
    assert refused(f"services: [{{name: Checkout, {fields}}}]").startswith(f"a.yaml:1: {said}")


def test_a_service_with_incidents_is_not_pruned(checkout: Service) -> None:
    incident = lifecycle.declare("Down", checkout, Actor(None, "ana", "command"), NOW, Severity.objects.get(rank=2))
    told = refused("services: [{name: Orders}]", prune=True)
    assert told.startswith("a.yaml:1: services: checkout cannot be pruned: still used by incident")
    assert incident.number in told
    assert list(Service.objects.all()) == [checkout]


def test_a_service_without_a_past_is_pruned_with_its_keys(checkout: Service) -> None:
    apply(EVENTS % ("generic", ""))
    assert "still used by integration" in refused("services: []", prune=True)
    assert apply("services: []\nintegrations: []", prune=True).changes == [
        "- integration checkout/Events",
        "- service checkout",
    ]
    assert "platform cannot be pruned" not in str(apply("escalation_policies: []", prune=True).changes)


def test_the_built_in_service_and_the_canarys_are_neither_pruned_nor_in_the_way(checkout: Service) -> None:
    Service.every.create(name="IncidentOps", slug="incidentops")
    hidden = Service.every.create(name="Canary", slug="incidentops.canary", canary=True)
    Integration.every.create(service=hidden, name="Canary", key_digest="c")
    apply(EVENTS % ("generic", ""))
    removed = ["- integration checkout/Events", "- service checkout"]
    assert apply("services: []\nintegrations: []", prune=True).changes == removed
    assert set(Service.every.values_list("slug", flat=True)) == {"incidentops", "incidentops.canary"}
    assert Integration.every.count() == 1


def test_a_policy_that_a_service_uses_is_not_pruned(checkout: Service) -> None:
    assert "platform cannot be pruned: still used by service Checkout" in refused("escalation_policies: []", prune=True)


# -- Integrations ------------------------------------------------------------------------------------------------------
def test_a_given_key_is_stored_hashed_and_not_told(checkout: Service) -> None:
    report = apply(EVENTS % ("pagerduty", f", key: {KEY}"))
    assert (report.changes, report.keys) == (["+ integration checkout/Events"], [])
    row = Integration.objects.get()
    assert (row.key_digest, row.key_prefix) == (keys.digest(KEY), KEY[:8])
    assert apply(EVENTS % ("pagerduty", f", key: {KEY}")).changes == []
    assert apply(EVENTS % ("pagerduty", "")).changes == []


def test_a_key_left_out_is_made_and_told_once(checkout: Service) -> None:
    [(name, key)] = apply(EVENTS % ("pagerduty", "")).keys
    assert (name, len(key)) == ("checkout/Events", 32)
    assert Integration.objects.get().key_digest == keys.digest(key)
    again = apply(EVENTS % ("pagerduty", ""))
    assert (again.changes, again.keys) == ([], [])


def test_a_signing_secret_is_stored_encrypted_and_not_exported(checkout: Service) -> None:
    secret = "whsec_" + "Zm9v" * 12
    document = EVENTS % ("generic", f", signing_secret: {secret}")
    apply(document)
    row = Integration.objects.get()
    assert integrations.signing_secrets(row) == [secret]
    assert secret not in row.signing_secret
    assert apply(document).changes == []
    report = apply(EVENTS % ("generic", ", signing_secret: null"))
    assert report.changes == ["~ integration checkout/Events: signing_secret none → (given up)"]
    assert integrations.signing_secrets(Integration.objects.get()) == []
    assert apply(EVENTS % ("generic", "")).changes == []
    assert "signing_secret: a signing secret" in refused(EVENTS % ("generic", ", signing_secret: short")).lower()


def test_another_key_takes_the_place_of_the_old_one(checkout: Service) -> None:
    apply(EVENTS % ("pagerduty", f", key: {KEY}"))
    report = apply(EVENTS % ("pagerduty", f", key: {OTHER}"))
    assert report.changes == ["~ integration checkout/Events: key none → fedcba98…"]
    assert Integration.objects.get().key_digest == keys.digest(OTHER)


@pytest.mark.parametrize(
    ("format", "key", "said"),
    [
        ("pagerduty", KEY[:-1], "a PagerDuty routing key has exactly 32 characters"),
        ("generic", "short", "a key has 20 to 64 characters"),
        ("generic", "x" * 65, "a key has 20 to 64 characters"),
        ("generic", "'with a blank in the middle'", "a key has 20 to 64 characters"),
        ("generic", "12345678901234567", 'write text (in "quotes"'),
    ],
)
def test_a_key_that_no_sender_could_use_is_refused(checkout: Service, format: str, key: str, said: str) -> None:
    assert refused(EVENTS % (format, f", key: {key}")).startswith(f"a.yaml:1: integrations[0].key: {said}")


def test_two_integrations_do_not_share_a_key(checkout: Service) -> None:
    apply(EVENTS % ("generic", f", key: {KEY}"))
    more = "integrations: [{name: A, service: checkout, format: generic, key: %s}]"
    assert "integrations[0].key: the integration Checkout: Events has this key" in refused(more % KEY)
    told = refused(more % OTHER, more.replace("A,", "B,") % OTHER)
    assert "a.yaml:1: integrations[0].key: checkout/B has this key too" in told


def test_settings_of_an_integration(checkout: Service) -> None:
    fields = ", severity_map: {page: SEV-1, ticket: SEV-4}, per_alert: true, limit_per_minute: 100"
    apply(EVENTS % ("alertmanager", fields))
    row = Integration.objects.get()
    assert row.severity_map == {"page": "SEV-1", "ticket": "SEV-4"}
    assert (row.per_alert, row.limit_per_minute, row.enabled) == (True, 100, True)
    apply(EVENTS % ("alertmanager", ", severity_map: null, limit_per_minute: null"))
    row.refresh_from_db()
    assert (row.severity_map, row.limit_per_minute, row.per_alert) == ({}, None, True)
    assert "integrations[0].severity_map.page: write one of" in refused(
        EVENTS % ("alertmanager", ", severity_map: {page: SEV-0}")
    )
    assert "there is no nowhere among services" in refused(EVENTS.replace("checkout", "nowhere") % ("generic", ""))
    assert "integrations[0].format: write one of" in refused(EVENTS % ("opsgenie", ""))


def test_what_the_engine_and_the_drain_count_is_left_alone(checkout: Service) -> None:
    apply(EVENTS % ("generic", ""))
    Integration.objects.update(received_count=7, last_seen_at=NOW)
    apply(EVENTS % ("generic", ", limit_per_minute: 5, enabled: false"))
    row = Integration.objects.get()
    assert (row.received_count, row.last_seen_at, row.enabled) == (7, NOW, False)


def test_a_heartbeats_clock_follows_its_interval(checkout: Service) -> None:
    assert "without it a missing heartbeat is never noticed" in str(apply(EVENTS % ("heartbeat", "")).warnings)
    apply(EVENTS % ("heartbeat", ", every_minutes: 60"))
    Integration.objects.update(heartbeat_due_at=NOW + timedelta(minutes=60))
    apply(EVENTS % ("heartbeat", ", every_minutes: 5"))
    assert Integration.objects.get().heartbeat_due_at == NOW + timedelta(minutes=5)
    apply(EVENTS % ("heartbeat", ", enabled: false"))
    assert Integration.objects.get().heartbeat_due_at is None


def test_an_integration_with_alerts_in_its_inbox_is_not_pruned(checkout: Service) -> None:
    apply(EVENTS % ("generic", ""))
    InboxItem.objects.create(integration=Integration.objects.get(), received_at=NOW, signals=[{}])
    told = refused("integrations: []", prune=True)
    assert "checkout/Events cannot be pruned: 1 accepted alert waits in its inbox" in told
    assert Integration.objects.exists()


def test_an_error_anywhere_writes_nothing_anywhere() -> None:
    good = PEOPLE + SCHEDULE.replace("\nschedules", "\n---\nschedules") + POLICY
    told = refused(good, "services: [{name: Checkout, escalation_policy: nowhere}]\n")
    assert told == "b.yaml:1: services[0].escalation_policy: there is no nowhere among escalation_policies"
    assert not Service.objects.exists()
    assert apply(good).changes

"""Files become drafts: both samples figure by figure, nothing dropped silently, what goes out is what came in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from time_machine import travel

from incidents.lifecycle import NotAllowed, Refused
from incidents.models import Incident, Severity
from oncall.models import User
from postmortems import exchange
from postmortems.exchange import Understood
from postmortems.logic import durations, writing_json, writing_markdown
from postmortems.logic.document import Document, Person, Waiver
from postmortems.models import ActionItem, Postmortem, PostmortemEvent
from postmortems.publishing import missing
from postmortems.values import document_of
from tests import cast
from tests.cast import NOW
from tests.postmortems.documents import COMPLETE, documents
from tests.postmortems.importing import SAMPLES, minutes, on

LATE = NOW + timedelta(days=400)
DAY_A, DAY_B = "2026-02-15", "2026-03-25"


def taken(name: str, text: str, by: User | None = None) -> tuple[Understood, Postmortem]:
    (found,) = exchange.understand(name, text, by, LATE)
    made = exchange.take(found, name, by, LATE)
    return found, Postmortem.objects.get(pk=made.pk)


def sample(name: str) -> tuple[Understood, Postmortem]:
    return taken(name, (SAMPLES / name).read_text())


def rules(made: Postmortem, group: str = "document") -> list[str]:
    return [found.rule for found in missing(made) if found.group == group]


def test_the_payment_sample_becomes_rows_with_every_figure(company: cast.Platform) -> None:
    found, made = sample("payment.yaml")
    assert (made.title, made.happened_on) == ("[SEV-1] Payment service outage - 2026-02-15", date(2026, 2, 15))
    assert (made.state, made.severity, made.incident, made.resolved_at) == ("draft", None, None, None)
    assert [str(row) for row in made.authors.all()] == ["engineer-a", "engineer-b"]
    assert (made.users_affected, made.revenue_amount, made.revenue_currency) == (12_500, Decimal(45_000), "USD")
    assert made.error_budget_percent == 35
    assert made.changed_at == on(DAY_A, "14:02")
    assert made.alerted_at == on(DAY_A, "14:15")
    assert made.acknowledged_at == on(DAY_A, "14:18")
    assert made.cause_found_at == on(DAY_A, "14:25")
    assert made.mitigation_started_at == on(DAY_A, "14:32")
    assert made.recovered_at == on(DAY_A, "14:49")
    assert made.stated_duration == timedelta(minutes=47)
    spans = minutes(document_of(made))
    assert spans["change_to_recovered"] == 47
    assert spans["change_to_alert"] == 13
    assert spans["alert_to_acknowledged"] == 3
    assert spans["alert_to_recovered"] == 34
    compared = durations.compare(document_of(made))
    assert compared is not None
    assert (compared.equals, compared.differs) == (("change_to_recovered",), False)
    assert [row.text for row in made.factors.all()] == [
        "No query tests in CI",
        "The alert on the connection pool fired 10 minutes late",
        "The canary stage was skipped",
    ]
    actions = [(row.owner_name, row.owner, row.priority, row.due_on) for row in made.actions.order_by("pk")]
    assert actions == [
        ("engineer-c", None, "P1", date(2026, 3, 1)),
        ("engineer-a", None, "P1", date(2026, 2, 22)),
        ("team-lead", None, "P2", date(2026, 3, 15)),
    ]
    wanted = ("severity", "root_cause", "five_whys", "went_well", "went_poorly", "lessons")
    assert rules(made) == [f"section.{name}" for name in wanted]
    assert set(rules(made, "review")) == {"action.account", "factor.action", "review.held", "review.attendees"}
    assert found.unplaced == ()
    assert [each.name for each in found.unknown] == [
        *("engineer-a", "engineer-b", "engineer-c", "engineer-a", "team-lead"),
    ]


def test_the_checkout_sample_becomes_rows_with_every_figure(company: cast.Platform) -> None:
    found, made = sample("checkout.md")
    assert (made.title, made.happened_on) == ("Checkout outage", date(2026, 3, 25))
    assert made.severity == Severity.objects.get(level="SEV-1")
    assert made.failed_requests == 1_247
    assert made.changed_at == on(DAY_B, "13:15")
    assert made.impact_started_at == on(DAY_B, "13:44")
    assert made.alerted_at == on(DAY_B, "13:47")
    assert made.acknowledged_at == on(DAY_B, "13:48")
    assert made.gathered_at == on(DAY_B, "13:52")
    assert made.issue_found_at == on(DAY_B, "14:01")
    assert made.cause_found_at == on(DAY_B, "14:08")
    assert made.mitigation_started_at == on(DAY_B, "14:15")
    assert made.rolled_back_at == on(DAY_B, "14:34")
    assert made.recovered_at == on(DAY_B, "14:47")
    spans = minutes(document_of(made))
    assert (spans["alert_to_rolled_back"], spans["alert_to_recovered"]) == (47, 60)
    assert (spans["impact_to_alert"], spans["alert_to_acknowledged"]) == (3, 1)
    compared = durations.compare(document_of(made))
    assert compared is not None
    assert (compared.stated, compared.equals) == (timedelta(minutes=47), ("alert_to_rolled_back",))
    assert (compared.differs, compared.compared_with) == (True, "alert_to_recovered")
    assert compared.difference == timedelta(minutes=13)
    for words in ("query without an index", "scans", "pool was exhausted"):
        assert words in made.root_cause
    assert [row.text for row in made.factors.all()] == [
        "Query plans are not reviewed",
        "The load test did not include the new query",
        "The connection pool is not monitored",
    ]
    actions = [(row.description, row.owner_name, row.due_on) for row in made.actions.order_by("pk")]
    assert actions == [
        ("Review query plans before merging", "sarah", date(2026, 4, 1)),
        ("Monitor the connection pool", "james", date(2026, 4, 5)),
        ("Add the order query to the load test", "ops", date(2026, 4, 10)),
    ]
    for words in ("3 minutes from failure to alert", "rollback", "Communication"):
        assert words in made.went_well
    assert rules(made) == [
        *(f"section.{name}" for name in ("summary", "authors", "five_whys", "went_poorly", "lessons")),
        *["action.priority"] * 3,
    ]
    assert found.unplaced == ()
    assert [each.name for each in found.unknown] == ["sarah", "james", "ops"]


@pytest.mark.parametrize("name", ["payment.yaml", "checkout.md"])
def test_the_export_of_an_imported_sample_is_the_golden_file_and_comes_back_the_same(
    company: cast.Platform, name: str
) -> None:
    _found, made = sample(name)
    stem = name.partition(".")[0]
    for extension, write in (("md", writing_markdown.write), ("json", writing_json.write)):
        golden = (SAMPLES / f"{stem}.golden.{extension}").read_text()
        assert write(document_of(made)) == golden
        (again,) = exchange.understand(f"again.{extension}", golden, None, LATE)
        assert again.document == document_of(made)
        assert (again.unplaced, again.already) == ((), made.number)


@pytest.fixture
def known_people(company: cast.Platform) -> Document:
    """A postmortem in which nothing is missing, told of people and a service that are here."""
    Severity.objects.filter(level="SEV-1").exists()
    return replace(COMPLETE, services=("Checkout",), timeline=tuple(replace(i, entry=None) for i in COMPLETE.timeline))


def test_a_complete_postmortem_comes_back_whole_with_its_accounts(known_people: Document) -> None:
    found, made = taken("complete.json", writing_json.write(known_people))
    assert (found.unplaced, found.unknown) == ((), ())
    assert document_of(made) == found.document
    assert found.document == replace(
        known_people,
        authors=(Person("Ana", "ana"), Person("Bo", "bo")),
        factors=(*known_people.factors[:2], replace(known_people.factors[2], waiver=Waiver("The team is growing", CY))),
        actions=(
            replace(known_people.actions[0], owner=Person("Ana", "ana")),
            known_people.actions[1],
            replace(known_people.actions[2], approver=Person("Ana", "ana")),
        ),
        attendees=(replace(known_people.attendees[0], person=Person("Ana", "ana")), known_people.attendees[1]),
    )
    assert missing(made) == []
    assert writing_markdown.write(document_of(made)) == writing_markdown.write(found.document)


CY = Person("Cy", "cy")


@given(document=documents)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each example is rows
)
def test_any_document_comes_back_from_the_rows_as_it_was_fitted(company: cast.Platform, document: Document) -> None:
    for text in (writing_json.write(document), writing_markdown.write(document)):
        (found,) = exchange.understand("any.md", text, None, LATE)
        if not found.already:
            made = exchange.take(found, "any.md", None, LATE)
            assert document_of(Postmortem.objects.get(pk=made.pk)) == found.document


def test_the_same_file_twice_is_one_postmortem(company: cast.Platform) -> None:
    _found, made = sample("payment.yaml")
    with pytest.raises(Refused, match=made.number) as refused:
        sample("payment.yaml")
    assert refused.value.conflict
    assert Postmortem.objects.count() == 1


def test_what_a_private_postmortem_says_is_not_told_by_refusing_its_copy(
    company: cast.Platform, resolved: Callable[..., Incident]
) -> None:
    _found, made = sample("payment.yaml")
    Postmortem.objects.filter(pk=made.pk).update(incident=resolved(private=True))
    company.bo.groups.clear()
    stranger = cast.person("zed")
    stranger.groups.add(*company.dee.groups.all())
    text = (SAMPLES / "payment.yaml").read_text()
    assert exchange.understand("a.yaml", text, stranger, LATE)[0].already == ""


def test_who_brings_it_owns_it_and_its_event_names_the_file_and_what_was_not_placed(company: cast.Platform) -> None:
    text = "postmortem: {title: Old one, date: 2026-02-01, mood: fine}"
    _found, made = taken("old.yaml", text, company.ana)
    assert made.owner == company.ana
    event = made.events.get()
    assert (event.kind, event.actor) == (PostmortemEvent.Kind.IMPORTED, company.ana)
    assert event.text == "Read from old.yaml.\nNot placed: postmortem.mood: fine"


def test_who_may_not_start_one_imports_none(company: cast.Platform) -> None:
    with pytest.raises(NotAllowed):
        exchange.understand("a.yaml", "postmortem: {title: x}", company.cy, LATE)
    (found,) = exchange.understand("a.yaml", "postmortem: {title: x}", None, LATE)
    with pytest.raises(NotAllowed):
        exchange.take(found, "a.yaml", company.cy, LATE)


def test_people_are_found_by_username_and_name_and_nobody_by_a_shared_name(company: cast.Platform) -> None:
    User.objects.filter(username__in=["bo", "cy"]).update(name="Sam")
    User.objects.filter(username="dee").update(is_active=False)
    text = "postmortem: {title: x, authors: [ANA, Sam, cy, dee, zoe@example.org, nobody]}"
    found, made = taken("a.yaml", text, company.ana)
    accounts = [row.person.username if row.person else row.name for row in made.authors.all()]
    assert accounts == ["ana", "Sam", "cy", "dee", "zoe@example.org", "nobody"]
    assert [each.name for each in found.unknown] == ["Sam", "dee", "zoe@example.org", "nobody"]


def test_addresses_lead_to_accounts_only_for_who_may_see_them(company: cast.Platform) -> None:
    text = "postmortem: {title: x, authors: [bo@example.org]}"
    for by, username in ((None, "bo"), (company.zoe, "bo"), (company.ana, "")):
        (found,) = exchange.understand("a.yaml", text, by, LATE)
        assert found.document.authors[0].username == username


def test_a_signature_in_a_file_counts_only_from_who_may_sign(known_people: Document) -> None:
    text = writing_json.write(known_people)
    ana, dee = (User.objects.get(username=name) for name in ("ana", "dee"))
    (signed,) = exchange.understand("a.json", text, dee, LATE)
    assert signed.document.factors[2].waiver == Waiver("The team is growing", CY)
    (found,) = exchange.understand("a.json", text, ana, LATE)
    assert found.document.factors[2].waiver == Waiver("The team is growing", Person("Cy"))
    assert found.document.actions[2].approver == Person("Ana Lima")
    assert [each.rule for each in found.findings] == ["factor.action"]
    assert "Signatures" in str(found.notes[-1].message)
    assert document_of(exchange.take(found, "", ana, LATE)) == found.document


def test_open_actions_are_chased_from_the_day_of_the_import_and_no_date_is_made_up(company: cast.Platform) -> None:
    text = "postmortem: {title: x, action_items: [{description: a, priority: P1, owner: bo}]}"
    with travel(LATE, tick=False):
        _found, made = taken("a.yaml", text)
    row = ActionItem.objects.get()
    assert (row.owner, row.due_on, row.chased_from, row.postmortem) == (company.bo, None, LATE.date(), made)

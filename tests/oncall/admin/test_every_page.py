"""Every list, form and history of on call opens, and none asks the database without bound."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from oncall import keys, paging
from oncall.admin.base import LogAdmin
from oncall.engine import shifts
from oncall.models import (
    ApiToken,
    AuditFinding,
    Channel,
    DeclaredGap,
    EscalationPolicy,
    Handoff,
    HandoffSide,
    Holiday,
    Leave,
    Notification,
    Override,
    Page,
    Schedule,
    Shift,
    Team,
    TeamMember,
    User,
)
from tests import cast

ROWS = 60
LIMIT = 12
MODELS = sorted(
    (model for model in admin.site._registry if model._meta.app_label == "oncall"), key=lambda m: m.__name__
)
HISTORY = [model for model in MODELS if hasattr(model, "history")]


@pytest.fixture
def crowd(company: cast.Platform, boss: User) -> cast.Platform:
    """Sixty rows of everything."""
    now = timezone.now()
    people = [User(username=f"p{n:02}", name=f"Person {n}", email=f"p{n}@example.org") for n in range(ROWS)]
    User.objects.bulk_create(people)
    teams = Team.objects.bulk_create([Team(name=f"Team {n}", slug=f"team-{n}", lead=company.ana) for n in range(ROWS)])
    TeamMember.objects.bulk_create([TeamMember(team=team, user=person) for team in teams for person in people[:2]])
    Channel.objects.bulk_create([Channel(name=f"C{n}", slug=f"c{n}", address="mailto:a@b.org") for n in range(ROWS)])
    for n in range(ROWS):
        rota = Schedule.objects.create(name=f"S{n}", slug=f"s{n}", team=teams[n])
        rota.layers.create(name="primary", start_at=now)
        EscalationPolicy.objects.create(name=f"E{n}", slug=f"e{n}", team=teams[n]).steps.create()
        Override.objects.create(
            schedule=rota, add=people[n], remove=company.bo, starts_at=now, ends_at=now + timedelta(hours=n + 1)
        )
        Leave.objects.create(user=people[n], starts_at=now, ends_at=now + timedelta(hours=1))
        AuditFinding.objects.create(kind="hole", key=f"hole:{n}", text=f"Hole {n}", found_at=now, seen_at=now)
        Holiday.objects.create(country="PT", day_on=now.date() + timedelta(days=n), name="Day")
        keys.issue_api_token(people[n], ApiToken.Scope.READ, now)
    content = paging.PageContent("Down", "SEV-1", 1, "high", "Checkout", now)
    paging.open_pages([paging.PageRequest(f"x:{n}", content, company.policy.pk, now) for n in range(ROWS)], now)
    page = Page.objects.first()
    Notification.objects.bulk_create(
        Notification(
            key=f"k{n}", kind="page", person=company.ana, recipient="Ana", transport="console", address="a@b.org",
            page=page, title="Down", text="…", created_at=now, due_at=now, give_up_at=now,
        )
        for n in range(ROWS)
    )  # fmt: skip
    Shift.objects.bulk_create(
        Shift(
            schedule=company.schedule, schedule_slug="platform", layer=company.primary, layer_name="primary",
            person=person, username=person.username, starts_at=now, ends_at=now + timedelta(hours=1),
        )
        for person in people
    )  # fmt: skip
    passed = Handoff.objects.bulk_create(
        Handoff(
            schedule=company.schedule, schedule_slug="platform", layer=company.primary, layer_name="primary",
            at=now - timedelta(hours=n), began_at=now - timedelta(hours=n + 1),
        )
        for n in range(ROWS)
    )  # fmt: skip
    HandoffSide.objects.bulk_create(
        HandoffSide(handoff=handoff, person=person, username=person.username, side=side, note="Mind the queue.")
        for handoff in passed
        for person, side in ((company.ana, "outgoing"), (company.bo, "incoming"))
    )
    DeclaredGap.objects.create(schedule=company.schedule, starts_at=now, ends_at=now + timedelta(hours=1))
    shifts.settle([company.schedule.pk], now)
    return company


def name_of(model: type) -> str:
    return f"admin:oncall_{model._meta.model_name}"  # type: ignore[attr-defined]


@pytest.mark.parametrize("who", ["boss", "manager"])
def test_a_list_of_sixty_rows_costs_twelve_queries_at_most(
    crowd: cast.Platform, boss: User, signed_in: Callable[..., Client], who: str
) -> None:
    client = signed_in(boss) if who == "boss" else signed_in(crowd.zoe, "Manager")
    costs: dict[str, int] = {}
    for model in MODELS:
        address = reverse(f"{name_of(model)}_changelist")
        status = client.get(address).status_code  # the engine light is looked at once in five seconds
        if status == 403 and who == "manager":
            continue
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        costs[model.__name__] = len(queries)
    assert len(costs) >= 10
    assert {name: cost for name, cost in costs.items() if cost > LIMIT} == {}


def test_add_and_change_pages_open(crowd: cast.Platform, boss: User, signed_in: Callable[..., Client]) -> None:
    client = signed_in(boss)
    answers: dict[str, tuple[int, int]] = {}
    for model in MODELS:
        row = model._default_manager.order_by("pk").first()
        change = client.get(reverse(f"{name_of(model)}_change", args=[row.pk])).status_code
        fixed = isinstance(admin.site._registry[model], LogAdmin) or model.__name__ == "Layer"
        add = client.get(reverse(f"{name_of(model)}_add")).status_code
        answers[model.__name__] = (change, 200 if add == (403 if fixed else 200) else add)
    assert set(answers.values()) == {(200, 200)}, answers


@pytest.mark.parametrize("model", HISTORY, ids=lambda m: m.__name__)
def test_history_pages_show_what_was_changed(
    company: cast.Platform, boss: User, signed_in: Callable[..., Client], model: type
) -> None:
    now = timezone.now()
    cast.channel("Ops room")
    cast.away(company.ana, now, now + timedelta(hours=1))
    cast.override(company.schedule, now, now + timedelta(hours=1), add=company.cy)
    row = model._default_manager.order_by("pk").first()  # type: ignore[attr-defined]
    client = signed_in(boss)
    answer = client.get(reverse(f"{name_of(model)}_history", args=[row.pk]))
    assert answer.status_code == 200
    record = row.history.first()
    one = client.get(reverse(f"{name_of(model)}_simple_history", args=[row.pk, record.pk]))
    assert one.status_code == 200


def test_a_search_and_a_filter_ask_no_more(crowd: cast.Platform, boss: User, signed_in: Callable[..., Client]) -> None:
    client = signed_in(boss)
    address = reverse("admin:oncall_notification_changelist")
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address, {"q": "Ana", "state__exact": "pending"})
    assert answer.status_code == 200
    assert len(queries) <= LIMIT

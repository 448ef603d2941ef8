"""Policies: steps and targets in one form, templates one click away, and what would happen."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oncall.models import EscalationPolicy, PolicyVersion, StepTarget, User
from tests import cast
from tests.oncall.admin.forms import complaints, saved, shown


@pytest.fixture
def client(boss: User, signed_in: Callable[..., Client]) -> Client:
    return signed_in(boss)


def page_of(policy: EscalationPolicy) -> str:
    return reverse("admin:oncall_escalationpolicy_change", args=[policy.pk])


def told(policy: EscalationPolicy) -> list[tuple[int, list[str]]]:
    """Delay and targets of each step, as people read them."""
    return [
        (step.delay_minutes, [f"{target.kind} {target}" for target in step.targets.order_by("id")])
        for step in policy.steps.order_by("position")
    ]


def test_a_policy_saved_as_shown_stays_as_it_was(company: cast.Platform, client: Client) -> None:
    before = told(company.policy)
    answer = saved(client, page_of(company.policy), name="Platform, renamed")
    assert answer.status_code == 302, complaints(answer)
    assert told(company.policy) == before


def test_a_target_is_changed_in_one_choice(company: cast.Platform, client: Client) -> None:
    room = cast.channel("Ops room")
    first, second, third = company.policy.steps.order_by("position")
    changed = {
        "steps-0-targets-0-whom": f"channel:{room.pk}",
        "steps-1-targets-0-whom": "user",
        "steps-1-targets-0-user": company.cy.pk,
        "steps-2-targets-0-whom": f"team_manager:{company.team.pk}",
    }
    answer = saved(client, page_of(company.policy), **changed)
    assert answer.status_code == 302, complaints(answer)
    channel, person, manager = first.targets.get(), second.targets.get(), third.targets.get()
    assert (channel.kind, channel.channel, channel.schedule, channel.layer) == ("channel", room, None, None)
    assert (person.kind, person.user, person.layer) == ("user", company.cy, None)
    assert (manager.kind, manager.team, manager.user) == ("team_manager", company.team, None)


def test_a_step_with_a_target_is_added_in_one_go(company: cast.Platform, client: Client) -> None:
    new = {
        "steps-TOTAL_FORMS": "4",
        "steps-3-position": "3", "steps-3-delay_minutes": "7",
        "steps-3-targets-TOTAL_FORMS": "1", "steps-3-targets-INITIAL_FORMS": "0",
        "steps-3-targets-0-whom": f"layer:{company.secondary.pk}",
    }  # fmt: skip
    answer = saved(client, page_of(company.policy), **new)
    assert answer.status_code == 302, complaints(answer)
    step = company.policy.steps.get(position=3)
    target = step.targets.get()
    assert (step.delay_minutes, target.layer, target.schedule) == (7, company.secondary, company.schedule)


def test_a_person_target_names_the_person(company: cast.Platform, client: Client) -> None:
    answer = saved(client, page_of(company.policy), **{"steps-0-targets-0-whom": "user"})
    assert answer.status_code == 200
    assert company.policy.steps.get(position=0).targets.get().layer == company.primary


def test_a_choice_that_was_not_offered_is_refused(company: cast.Platform, client: Client) -> None:
    answer = saved(client, page_of(company.policy), **{"steps-0-targets-0-whom": "layer:999999"})
    assert answer.status_code == 200
    assert StepTarget.objects.filter(layer=company.primary).exists()


@pytest.mark.parametrize(
    ("template", "steps"),
    [("lead", [0, 5, 10]), ("manager", [0, 15, 15]), ("sev1", [0, 5, 5])],
)
def test_a_template_becomes_a_policy_by_one_button(
    company: cast.Platform, client: Client, template: str, steps: list[int]
) -> None:
    address = reverse("admin:oncall_escalationpolicy_template")
    answer = client.post(address, {"template": template, "schedule": company.schedule.pk})
    made = EscalationPolicy.objects.exclude(pk=company.policy.pk).get()
    assert answer["Location"] == page_of(made)
    assert [delay for delay, _targets in told(made)] == steps
    assert made.team == company.team


def test_a_template_needs_the_layers_it_pages(company: cast.Platform, client: Client) -> None:
    lonely = cast.schedule("Lonely", {"primary": [company.ana]}, timezone.now())
    address = reverse("admin:oncall_escalationpolicy_template")
    no_team = client.post(address, {"template": "lead", "schedule": lonely.pk}).content.decode()
    assert "has no team" in no_team
    answer = client.post(address, {"template": "lead", "schedule": lonely.pk, "team": company.team.pk})
    assert "secondary" in str(answer.context_data["form"].errors)
    assert EscalationPolicy.objects.count() == 1


def test_what_would_happen_names_people_and_writes_nothing(company: cast.Platform, client: Client) -> None:
    preview = client.get(page_of(company.policy)).context_data["preview"]
    assert [planned.names for planned in preview] == [("Ana",), ("Bo",), ("Dee",), ()]
    assert preview[-1].is_fallback
    assert not PolicyVersion.objects.exists()


def test_the_form_offers_every_kind_of_target(company: cast.Platform, client: Client) -> None:
    cast.channel("Ops room")
    page = client.get(page_of(company.policy)).content.decode()
    for words in ("Platform · primary", "lead of Platform", "manager of Platform", "everybody in Platform", "Ops room"):
        assert words in page
    assert shown(client, page_of(company.policy))["steps-0-targets-0-whom"] == f"layer:{company.primary.pk}"

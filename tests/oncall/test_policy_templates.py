"""Three policies to begin with: the issue's minutes, for any team and schedule, under a free slug."""

import pytest

from oncall import policy_templates
from oncall.models import EscalationPolicy
from oncall.policy_templates import TEMPLATES, NoSuchLayer, make_policy
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db


def steps(policy: EscalationPolicy) -> list[tuple[int, list[str]]]:
    return [
        (step.delay_minutes, [target.layer.name if target.layer else target.kind for target in step.targets.all()])
        for step in policy.steps.all()
    ]


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("lead", [(0, ["primary"]), (5, ["secondary"]), (10, ["team_lead"])]),
        ("manager", [(0, ["primary"]), (15, ["secondary"]), (15, ["team_manager"])]),
        ("sev1", [(0, ["primary", "secondary"]), (5, ["team_lead"]), (5, ["team_manager"])]),
    ],
)
def test_each_template_makes_its_steps(slug: str, expected: list[tuple[int, list[str]]]) -> None:
    company = cast.platform()
    made = make_policy(policy_templates.by_slug(slug), company.team, company.schedule, NOW)
    assert steps(made) == expected
    assert (made.slug, made.team) == (f"platform-{slug}", company.team)
    assert {target.team for step in made.steps.all() for target in step.targets.all()} <= {None, company.team}


def test_a_second_click_makes_a_second_policy() -> None:
    company = cast.platform()
    slugs = [make_policy(TEMPLATES[0], company.team, company.schedule, NOW).slug for _ in range(3)]
    assert slugs == ["platform-lead", "platform-lead-2", "platform-lead-3"]


def test_layers_of_other_names_count_by_their_place() -> None:
    ana, bo = cast.person("ana"), cast.person("bo")
    crew = cast.team("Crew", [ana, bo])
    made = make_policy(TEMPLATES[0], crew, cast.schedule("Crew", {"first": [ana], "second": [bo]}), NOW)
    assert steps(made)[:2] == [(0, ["first"]), (5, ["second"])]


def test_a_schedule_without_a_second_layer_is_refused() -> None:
    ana = cast.person("ana")
    crew = cast.team("Crew", [ana])
    with pytest.raises(NoSuchLayer, match="Crew has no secondary layer"):
        make_policy(TEMPLATES[0], crew, cast.schedule("Crew", {"primary": [ana]}), NOW)
    assert not EscalationPolicy.objects.exists()

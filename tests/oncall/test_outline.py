"""Policies in outline mean whom their versions mean, and a thousand cost as many queries as one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall import paging
from oncall.models import EscalationStep, StepTarget
from oncall.paging import Need
from oncall.paging.outline import names_of, outlines
from oncall.paging.versions import drafted, plan_of
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def test_an_outline_means_whom_the_version_means() -> None:
    company = cast.platform()
    secondary = company.schedule.layers.get(name="secondary")
    step = EscalationStep.objects.create(policy=company.policy, position=9)
    for kind, fields in {
        "schedule": {"schedule": company.schedule, "layer": secondary},
        "user": {"user": company.ana},
        "team": {"team": company.team},
        "team_lead": {"team": company.team},
        "team_manager": {},
        "channel": {},
    }.items():
        StepTarget.objects.create(step=step, kind=kind, **fields)
    StepTarget.objects.create(step=step, kind="schedule", layer=secondary)
    plan = plan_of(drafted([company.policy.pk], NOW)[company.policy.pk])
    outline = outlines([company.policy.pk])[company.policy.pk]
    names = names_of(step.key for step in outline.steps)
    assert [step.targets for step in outline.steps] == [
        tuple(replace(target, name="") for target in step.targets) for step in plan.steps
    ]
    assert [names[step.key] for step in outline.steps] == [
        [target.name for target in step.targets if target.name] for step in plan.steps
    ]
    assert (outline.name, outline.timezone) == (company.policy.name, company.team.timezone)


def test_many_policies_with_holes_cost_as_many_queries_as_one() -> None:
    company = cast.platform()

    def queries(policies: list[int]) -> int:
        with CaptureQueriesContext(connection) as seen:
            found = paging.holes({policy: Need("high") for policy in policies}, NOW, NOW + WEEK)
        assert sorted(hole.policy for hole in found) == policies
        return len(seen)

    nobody = cast.person("nobody", rules=False)
    own = [cast.policy(f"Own {n}", [(0, [cast.to_user(nobody)])], team=company.team).pk for n in range(20)]
    assert queries(own) == queries(own[:1])

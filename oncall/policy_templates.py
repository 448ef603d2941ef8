"""Three escalation policies to begin with: one click away in the console, and what the demo company uses."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from oncall.models import EscalationPolicy, EscalationStep, Layer, Schedule, StepTarget, Team

PRIMARY: Final = "primary"
SECONDARY: Final = "secondary"
LEAD: Final = "team_lead"
MANAGER: Final = "team_manager"


@dataclass(frozen=True, slots=True)
class Step:
    """`delay_minutes` from the step before; `targets` are the words above."""

    delay_minutes: int
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    slug: str
    name: str
    steps: tuple[Step, ...]


TEMPLATES: Final = (
    Template("lead", "primary, secondary, team lead", (Step(0, (PRIMARY,)), Step(5, (SECONDARY,)), Step(10, (LEAD,)))),
    Template(
        "manager", "primary, secondary, manager", (Step(0, (PRIMARY,)), Step(15, (SECONDARY,)), Step(15, (MANAGER,)))
    ),
    Template("sev1", "SEV-1", (Step(0, (PRIMARY, SECONDARY)), Step(5, (LEAD,)), Step(5, (MANAGER,)))),
)


class NoSuchLayer(ValueError):  # noqa: N818 — says what to do first
    """The schedule has no layer that the template pages."""


def by_slug(slug: str) -> Template:
    """Raises KeyError."""
    return {template.slug: template for template in TEMPLATES}[slug]


@transaction.atomic
def make_policy(template: Template, team: Team, schedule: Schedule, now: datetime) -> EscalationPolicy:
    """A policy of this template for a team and its schedule, under a free slug. Raises NoSuchLayer.

    Primary and secondary are the layers of these names, else the schedule's first and second.
    """
    layers = _layers(schedule)
    for step in template.steps:
        for word in step.targets:
            if word in (PRIMARY, SECONDARY) and word not in layers:
                told = {"schedule": schedule.name, "layer": word}
                raise NoSuchLayer(_("%(schedule)s has no %(layer)s layer; add one first.") % told)
    policy = EscalationPolicy.objects.create(
        name=f"{team.name}: {template.name}"[:100], slug=_free_slug(f"{team.slug}-{template.slug}"), team=team
    )
    for position, step in enumerate(template.steps):
        row = EscalationStep.objects.create(policy=policy, position=position, delay_minutes=step.delay_minutes)
        for word in step.targets:
            if word in (LEAD, MANAGER):
                StepTarget.objects.create(step=row, kind=word, team=team)
            else:
                StepTarget.objects.create(
                    step=row, kind=StepTarget.Kind.SCHEDULE, schedule=schedule, layer=layers[word]
                )
    return policy


def _layers(schedule: Schedule) -> dict[str, Layer]:
    rows = list(schedule.layers.order_by("position", "pk"))
    named = {row.name.casefold(): row for row in rows}
    by_place = dict(zip((PRIMARY, SECONDARY), rows, strict=False))
    return {
        word: named.get(word) or by_place[word] for word in (PRIMARY, SECONDARY) if word in named or word in by_place
    }


def _free_slug(wanted: str) -> str:
    base = slugify(wanted)[:90]
    taken = set(EscalationPolicy.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)

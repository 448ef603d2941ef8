"""Policies as they stand, only whom their steps mean: to judge a thousand of them at once."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from oncall.logic.escalation import Target
from oncall.models import EscalationPolicy, EscalationStep, StepTarget
from oncall.paging.versions import target_names

_KIND: Final = StepTarget.Kind
_MEANT: Final = ("step", "kind", "schedule", "layer", "layer__schedule", "user", "channel", "team")


@dataclass(frozen=True, slots=True)
class OutlinedStep:
    """`targets` are without names: `names_of` reads those where somebody is told of them."""

    key: int
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """`timezone` is that of the policy's team; empty where it has none."""

    name: str
    timezone: str
    steps: tuple[OutlinedStep, ...]


def outlines(policy_ids: Iterable[int]) -> dict[int, Outline]:
    """By policy, unknown keys left out; three queries, and no model instance for any row."""
    policies = EscalationPolicy.objects.filter(pk__in=set(policy_ids)).values_list("pk", "name", "team__timezone")
    found = {key: (name, zone or "") for key, name, zone in policies}
    targets: dict[int, list[Target]] = defaultdict(list)
    for row in StepTarget.objects.filter(step__policy__in=found).order_by("id").values_list(*_MEANT):
        targets[row[0]].append(_target(*row[1:]))
    steps: dict[int, list[OutlinedStep]] = defaultdict(list)
    ordered = EscalationStep.objects.filter(policy__in=found).order_by("position", "id")
    for key, policy in ordered.values_list("pk", "policy"):
        steps[policy].append(OutlinedStep(key, tuple(targets[key])))
    return {key: Outline(name, zone, tuple(steps[key])) for key, (name, zone) in found.items()}


def names_of(steps: Iterable[int]) -> dict[int, list[str]]:
    """How the targets of these steps (by key) read, in their order; at most one query."""
    names: dict[int, list[str]] = defaultdict(list)
    for step, name in target_names(steps):
        names[step] += [name] if name else []
    return names


def _target(kind: str, schedule: Any, layer: Any, of_layer: Any, user: Any, channel: Any, team: Any) -> Target:
    """What `versions` keeps of a target, but its name."""
    if kind == _KIND.SCHEDULE:
        return Target(kind, of_layer if schedule is None else schedule, layer, "")
    return Target(kind, {_KIND.USER: user, _KIND.CHANNEL: channel}.get(_KIND(kind), team), None, "")

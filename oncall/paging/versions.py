"""Immutable copies of policies: a running page follows the one it began with, whatever is edited meanwhile."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from oncall.logic.escalation import NO_PLAN, Plan, read_plan
from oncall.models import EscalationPolicy, EscalationStep, PolicyVersion, StepTarget, User
from oncall.models.canary import LOOPBACK

DEFAULT_REPEAT_AFTER = 5  # minutes, where the last step has no delay (INTERFACE.md §4)
BY_HAND_EVERY = 5  # minutes between two rounds of a person paged by hand


def snapshot(policy_ids: Iterable[int], now: datetime) -> dict[int, PolicyVersion]:
    """The version of each policy as it is now, written where its content is new; unknown keys are left out.

    A bounded number of queries however many policies.
    """
    drafts = drafted(policy_ids, now)
    return dict(zip(drafts, stored(list(drafts.values())), strict=True))


def drafted(policy_ids: Iterable[int], now: datetime) -> dict[int, PolicyVersion]:
    """The versions that `snapshot` would write, unwritten: for looking ahead."""
    targets = _targets()
    steps = EscalationStep.objects.order_by("position", "id").prefetch_related(Prefetch("targets", queryset=targets))
    policies = EscalationPolicy.objects.filter(pk__in=set(policy_ids)).prefetch_related(
        Prefetch("steps", queryset=steps)
    )
    return {policy.pk: _version(policy, now) for policy in policies}


def target_names(steps: Iterable[int]) -> list[tuple[int, str]]:
    """(step, how a target of it reads), in their order; empty for a target that is gone."""
    rows = _targets().filter(step__in=list(steps))
    return [(row.step_id, str(_target(row)["name"])) for row in rows]


def _targets() -> "QuerySet[StepTarget]":
    return StepTarget.objects.select_related("schedule", "layer__schedule", "user", "team", "channel").order_by("id")


def by_hand(person: User, now: datetime) -> PolicyVersion:
    """One person every five minutes without end."""
    target = {"kind": StepTarget.Kind.USER.value, "id": person.pk, "layer": None, "name": str(person)}
    version = PolicyVersion(
        name=_("Paged by hand"),
        steps=[{"delay_minutes": 0, "targets": [target]}],
        repeat=None,
        repeat_after_minutes=BY_HAND_EVERY,
        created_at=now,
    )
    return stored([_sealed(version)])[0]


def to_loopback(now: datetime) -> PolicyVersion:
    """The canary's: one step, which needs no row that somebody could lose, and which is repeated without end."""
    target = {"kind": LOOPBACK, "id": None, "layer": None, "name": LOOPBACK}
    version = PolicyVersion(
        name=LOOPBACK,
        steps=[{"delay_minutes": 0, "targets": [target]}],
        repeat=None,
        repeat_after_minutes=BY_HAND_EVERY,
        created_at=now,
    )
    return stored([_sealed(version)])[0]


def plan_of(version: PolicyVersion | None) -> Plan:
    """The rules' view of a version; None (no policy): the fallback at once."""
    if version is None:
        return NO_PLAN
    return read_plan(version.steps, version.repeat, version.repeat_after_minutes)


def stored(versions: Sequence[PolicyVersion]) -> list[PolicyVersion]:
    """The same versions as they stand in the database: equal content is one row."""
    if not versions:
        return []
    digests = [version.digest for version in versions]
    found = {version.digest: version for version in PolicyVersion.objects.filter(digest__in=digests)}
    if new := [version for version in versions if version.digest not in found]:
        PolicyVersion.objects.bulk_create(new, ignore_conflicts=True)
        found |= {version.digest: version for version in PolicyVersion.objects.filter(digest__in=digests)}
    return [found[digest] for digest in digests]


def _version(policy: EscalationPolicy, now: datetime) -> PolicyVersion:
    steps = [
        {"delay_minutes": step.delay_minutes, "targets": [_target(target) for target in step.targets.all()]}
        for step in policy.steps.all()
    ]
    wait = policy.repeat_after_minutes
    if wait is None:
        wait = (policy.steps.all()[len(steps) - 1].delay_minutes if steps else 0) or DEFAULT_REPEAT_AFTER
    return _sealed(
        PolicyVersion(
            policy=policy,
            name=policy.name,
            steps=steps,
            repeat=policy.repeat,
            repeat_after_minutes=wait,
            created_at=now,
        )
    )


def _sealed(version: PolicyVersion) -> PolicyVersion:
    content = [version.policy_id, version.name, version.steps, version.repeat, version.repeat_after_minutes]
    version.digest = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return version


def _target(target: StepTarget) -> dict[str, Any]:
    """Key and name of what is paged: the name is how it reads later, when it may be gone."""
    key: int | None
    layer: int | None = None
    match target.kind:
        case StepTarget.Kind.SCHEDULE:
            key, layer = target.schedule_id, target.layer_id
            if target.layer and key is None:
                key = target.layer.schedule_id
            name = str(target.layer or target.schedule or "")
        case StepTarget.Kind.USER:
            key, name = target.user_id, str(target.user or "")
        case StepTarget.Kind.CHANNEL:
            key, name = target.channel_id, str(target.channel or "")
        case _:
            key, name = target.team_id, _team_name(target)
    return {"kind": str(target.kind), "id": key, "layer": layer, "name": name}


def _team_name(target: StepTarget) -> str:
    words = {
        StepTarget.Kind.TEAM_LEAD: _("lead of %(team)s"),
        StepTarget.Kind.TEAM_MANAGER: _("manager of %(team)s"),
        StepTarget.Kind.TEAM: _("team %(team)s"),
    }
    return words[StepTarget.Kind(target.kind)] % {"team": target.team or "—"}

"""Schedules and policies from documents: rows changed in place, shifts split at the instant, nothing paged lost."""

from datetime import datetime, timedelta

import pytest

from oncall import roster
from oncall.engine import shifts
from oncall.models import (
    EscalationPolicy,
    EscalationStep,
    Layer,
    LayerMember,
    Override,
    Schedule,
    Shift,
    StepTarget,
    Team,
    TeamMember,
    User,
)
from tests.cast import NOW
from tests.configuring import PEOPLE, POLICY, SCHEDULE, apply, refused, warnings

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=2)
BEGAN = datetime.fromisoformat("2026-01-12T10:00:00-06:00")
ENDS = BEGAN + timedelta(days=7)


def edited(**fields: str) -> str:
    """The schedule with these fields and no others."""
    return "schedules: [{name: Platform, " + ", ".join(f"{name}: {value}" for name, value in fields.items()) + "}]"


def layer(name: str = "primary", members: str = "[ana, bo, cy]", more: str = "") -> str:
    rotation = "rotation: {unit: weekly, start: '2026-01-12T10:00:00-06:00'}"
    return f"{{name: {name}, {rotation}, members: {members}{more}}}"


def recorded(name: str = "primary") -> list[tuple[str, datetime, datetime]]:
    found = Shift.objects.filter(layer_name=name).order_by("starts_at", "username")
    return [(shift.username, shift.starts_at, shift.ends_at) for shift in found]


def on_call(at: datetime) -> list[list[str]]:
    return [[p.username for p in entry.people] for entry in roster.on_call(Schedule.objects.get(), at)]


def test_layers_turns_and_several_in_one_turn() -> None:
    apply(PEOPLE, SCHEDULE)
    schedule = Schedule.objects.get()
    assert (schedule.slug, schedule.team and schedule.team.slug, schedule.timezone) == (
        "platform",
        "platform",
        "America/Chicago",
    )
    assert on_call(NOW) == [["ana"], ["bo"]]
    assert on_call(NOW + timedelta(days=7)) == [["bo"], ["ana", "cy"]]
    assert apply(SCHEDULE).changes == []


def test_what_runs_is_recorded_as_having_begun_with_its_turn() -> None:
    apply(PEOPLE, SCHEDULE)
    assert recorded() == [("ana", BEGAN, ENDS)]


def test_applying_twice_changes_no_recorded_shift() -> None:
    apply(PEOPLE, SCHEDULE)
    before = list(Shift.objects.order_by("pk").values())
    apply(PEOPLE, SCHEDULE, now=LATER)
    apply(edited(rest="{max_consecutive_days: 7}", timezone="America/Chicago"), now=LATER)
    assert list(Shift.objects.order_by("pk").values()) == before


def test_new_turns_split_the_running_shift_at_that_instant() -> None:
    apply(PEOPLE, SCHEDULE)
    keys = list(Layer.objects.order_by("position").values_list("pk", flat=True))
    apply(edited(layers=f"[{layer(members='[bo, ana]')}, {layer('secondary', '[cy]')}]"), now=LATER)
    assert recorded() == [("ana", BEGAN, LATER), ("bo", LATER, ENDS)]
    assert list(Layer.objects.order_by("position").values_list("pk", flat=True)) == keys


def test_leave_and_inactivity_split_it_too() -> None:
    apply(PEOPLE, SCHEDULE)
    apply("users: [{username: ana, email: ana@example.org, active: false}]", now=LATER)
    assert recorded() == [("ana", BEGAN, LATER), ("bo", LATER, ENDS)]
    back = LATER + timedelta(hours=1)
    span = f"{{from: '{LATER.isoformat()}', to: '{ENDS.isoformat()}'}}"
    apply(f"users: [{{username: bo, email: bo@example.org, leave: [{span}]}}]", now=back)
    assert recorded()[1:] == [("bo", LATER, back), ("cy", back, ENDS)]


def test_a_layer_left_out_goes_and_its_shift_ends() -> None:
    apply(PEOPLE, SCHEDULE)
    apply(edited(layers=f"[{layer()}]"), now=LATER)
    assert [each.name for each in Layer.objects.all()] == ["primary"]
    assert recorded("secondary") == [("bo", BEGAN, LATER)]


def test_only_members_that_changed_are_touched() -> None:
    apply(PEOPLE, SCHEDULE)
    before = set(LayerMember.objects.filter(layer__name="primary").values_list("pk", flat=True))
    apply(edited(layers=f"[{layer(members='[ana, bo, bo]')}, {layer('secondary', '[bo, [ana, cy]]')}]"))
    after = set(LayerMember.objects.filter(layer__name="primary").values_list("pk", flat=True))
    assert len(before & after) == 2
    assert LayerMember.history.filter(history_type="-").count() == 1


def override(add: str, hours: int, more: str = "") -> str:
    start, end = NOW + timedelta(hours=hours), NOW + timedelta(hours=hours + 4)
    return f"{{add: {add}, remove: ana, from: '{start.isoformat()}', to: '{end.isoformat()}'{more}}}"


def test_overrides_are_found_by_their_values_and_keep_their_order() -> None:
    apply(PEOPLE, SCHEDULE)
    one, two, three = override("bo", 0, ", layer: primary"), override("cy", 1), override("cy", 5)
    apply(edited(overrides=f"[{one}, {two}]"))
    keys = list(Override.objects.order_by("pk").values_list("pk", flat=True))
    assert apply(edited(overrides=f"[{one}, {two}]")).changes == []
    apply(edited(overrides=f"[{one}, {two}, {three}]"))
    assert list(Override.objects.order_by("pk").values_list("pk", flat=True))[:2] == keys
    apply(edited(overrides=f"[{two}, {one}]"))
    assert [each.starts_at for each in Override.objects.order_by("pk")] == [NOW + timedelta(hours=1), NOW]
    assert apply(SCHEDULE).changes == []
    apply(edited(overrides="[]"))
    assert not Override.objects.exists()


def test_declared_gaps_are_replaced() -> None:
    apply(PEOPLE, SCHEDULE)
    gap = "{from: '2026-02-01T00:00:00Z', to: '2026-02-02T00:00:00Z', reason: holidays}"
    more = "{from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z'}"
    apply(edited(declared_gaps=f"[{gap}, {more}]"))
    assert apply(edited(declared_gaps=f"[{more}, {gap}]")).changes == []
    apply(edited(declared_gaps=f"[{gap}]"))
    assert [each.reason for each in Schedule.objects.get().declared_gaps.all()] == ["holidays"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"handoff_notices": "[60, 60]"}, "schedules[0].handoff_notices: 60 stands here twice"),
        ({"handoff_notices": "[-1]"}, "schedules[0].handoff_notices[0]: "),
        ({"handoff_notices": "[6, 5, 4, 3, 2, 1]"}, "schedules[0].handoff_notices: "),
        ({"rest": "{count: any}"}, "schedules[0].rest.count: any comes with a later issue"),
        ({"layers": f"[{layer(more=', windows: []')}]"}, "schedules[0].layers[0].windows: this comes with a later"),
        ({"layers": f"[{layer(members='[dora]')}]"}, "schedules[0].layers[0].members[0]: there is no dora among users"),
        ({"layers": f"[{layer()}, {layer()}]"}, "schedules[0].layers[1].name: primary stands here twice"),
        ({"layers": f"[{layer(members='[[ana, ana]]')}]"}, "schedules[0].layers[0].members[0]: ana stands here twice"),
        ({"layers": f"[{layer(members='[[]]')}]"}, "schedules[0].layers[0].members[0]: write at least one"),
        ({"layers": "[{name: a}]"}, "schedules[0].layers[0].rotation: this is required"),
        ({"team": "nobodys"}, "schedules[0].team: there is no nobodys among teams"),
        (
            {"overrides": "[{add: ana, from: '2026-01-01T00:00:00', to: '2026-01-01T00:00:00Z'}]"},
            "schedules[0].overrides[0].from: an instant needs its offset",
        ),
        (
            {"overrides": "[{from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z'}]"},
            "schedules[0].overrides[0]: name whom",
        ),
        (
            {"overrides": f"[{override('bo', 0, ', layer: third')}]"},
            "schedules[0].overrides[0].layer: there is no platform/third",
        ),
    ],
)
def test_what_is_wrong_is_said(fields: dict[str, str], said: str) -> None:
    apply(PEOPLE)
    assert f"a.yaml:1: {said}" in refused(edited(**fields))
    assert not Schedule.objects.exists()


def test_empty_lists_are_allowed_and_check_warns() -> None:
    texts = PEOPLE, edited(layers=f"[{layer(members='[]')}]"), "schedules: [{name: B, layers: []}]"
    policy = "escalation_policies: [{name: A, steps: []}, {name: B, steps: [{targets: []}]}]"
    assert [line.split(": ", 1)[1] for line in warnings(*texts, policy).splitlines()] == [
        "schedules[0].layers[0].members: without members nobody is on call in this layer",
        "schedules[0].layers: without layers nobody is on call",
        "escalation_policies[0].steps: without steps a page goes to the fallback at once",
        "escalation_policies[1].steps[0].targets: without targets this step reaches nobody",
    ]
    assert len(apply(*texts, policy).changes) == 7


def test_steps_and_their_targets() -> None:
    apply(PEOPLE, SCHEDULE, POLICY)
    policy = EscalationPolicy.objects.get()
    assert (policy.repeat, policy.repeat_after_minutes) == (0, None)
    told = [(step.delay_minutes, [target.kind for target in step.targets.all()]) for step in policy.steps.all()]
    assert told == [(0, ["schedule"]), (5, ["schedule", "team_lead", "user"])]
    assert StepTarget.objects.get(step__position=1, kind="schedule").layer == Layer.objects.get(name="secondary")
    steps = set(EscalationStep.objects.values_list("pk", flat=True))
    assert apply(POLICY).changes == []
    apply("escalation_policies: [{name: Platform, repeat: 2, repeat_after_minutes: 15}]")
    assert set(EscalationStep.objects.values_list("pk", flat=True)) == steps
    apply("escalation_policies: [{name: Platform, steps: [{delay_minutes: 1, targets: [{team: platform}]}]}]")
    assert [(t.kind, str(t.team)) for t in StepTarget.objects.all()] == [("team", "Platform")]
    assert EscalationPolicy.objects.get().repeat == 2


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("{}", "name exactly one of schedule, user, team_lead, team_manager, team, channel"),
        ("{user: ana, team: platform}", "name exactly one of"),
        ("{user: ana, layer: primary}", "layer: a layer needs its schedule"),
        ("{channel: room}", "channel: there is no room among channels"),
        ("{schedule: platform, layer: third}", "layer: there is no platform/third among layers"),
        ("{service: x}", "service: unknown field"),
    ],
)
def test_a_target_names_one_thing_that_is_there(target: str, said: str) -> None:
    apply(PEOPLE, SCHEDULE)
    told = refused(f"escalation_policies: [{{name: A, steps: [{{targets: [{target}]}}]}}]")
    assert "a.yaml:1: escalation_policies[0].steps[0].targets[0]" in told
    assert said in told


def test_a_layer_that_a_policy_pages_is_not_lost_in_silence() -> None:
    apply(PEOPLE, SCHEDULE, POLICY)
    told = refused(edited(layers=f"[{layer()}]"))
    assert told.startswith("a.yaml:1: schedules[0].layers: layer secondary cannot be left out: still used by target")
    assert Layer.objects.count() == 2
    apply(edited(layers=f"[{layer()}]"), "escalation_policies: [{name: Platform, steps: [{targets: [{user: cy}]}]}]")
    assert Layer.objects.count() == 1


def test_prune_says_who_still_needs_a_thing() -> None:
    apply(PEOPLE, SCHEDULE, POLICY)
    assert "platform cannot be pruned: still used by" in refused("teams: []", prune=True)
    assert "platform cannot be pruned: still used by target" in refused("schedules: []", prune=True)
    report = apply("escalation_policies: []\nschedules: []\nteams: []", now=LATER, prune=True)
    assert report.changes == ["- escalation policy platform", "- schedule platform", "- team platform"]
    assert not Schedule.objects.exists() and not Team.objects.exists()
    assert {(s.schedule_slug, s.username, s.ends_at) for s in Shift.objects.filter(layer_name="primary")} == {
        ("platform", "ana", LATER)
    }


def test_teams_members_and_hours() -> None:
    apply(PEOPLE, SCHEDULE)
    kept = TeamMember.objects.get(user__username="ana").pk
    hours = 'working_hours: {days: [mon], from: "09:00", to: "17:00"}'
    report = apply(f"teams: [{{name: The platform, slug: platform, lead: null, members: [cy, ana], {hours}}}]")
    assert report.changes == [
        "~ team platform: name Platform → The platform; lead ana → none; members -bo +cy; "
        "working_hours none → {days: [mon], from: 09:00, to: 17:00}"
    ]
    team = Team.objects.get()
    assert (team.name, team.lead, team.manager) == ("The platform", None, User.objects.get(username="cy"))
    assert set(TeamMember.objects.values_list("user__username", flat=True)) == {"ana", "cy"}
    assert TeamMember.objects.filter(pk=kept).exists()


def test_channels_take_addresses_that_may_be_sent_to() -> None:
    good = ["mailto:room@example.org", "room@example.org", "ntfys://ntfy.example.org/topic"]
    for address in good:
        apply(f"channels: [{{name: Room, address: '{address}'}}]")
    report = apply("channels: [{name: Room, address: 'slack://aaaaaaaaa/bbbbbbbbb/cccccccccccccccccccccccc'}]")
    assert "bbbbbbbbb" not in report.changes[0]
    assert "channels[0].address: scheme: file:// is not allowed" in refused(
        "channels: [{name: Room, address: 'file:///x'}]"
    )
    assert "channels[0].address: this is required" in refused("channels: [{name: Room}]")


def test_the_engine_goes_on_from_what_was_recorded() -> None:
    apply(PEOPLE, SCHEDULE)
    shifts.run(ENDS)
    assert [name for name, _start, _end in recorded()] == ["ana", "bo"]


def test_the_plan_shows_what_changes_inside_a_layer() -> None:
    apply(PEOPLE, SCHEDULE)
    [told] = apply(edited(layers=f"[{layer(members='[bo, ana]')}, {layer('third')}]")).changes
    assert told.startswith("~ schedule platform: layers primary (members -[cy]) -{name: secondary, ")
    assert "+{name: third" in told

"""A row of everything, and an incident that began in public, turned private, and left traces wherever it could.

Every word that belongs to it alone begins with `zqwx`.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from incidents import intake, integrations, lifecycle
from incidents.adapters.signal import Action, Signal
from incidents.engine import audit as incidents_audit
from incidents.engine import briefings, findings
from incidents.models import Alert, InboxItem, Incident, Integration, Maintenance, Severity, Silence
from oncall import keys
from oncall.engine import audit, dispatch, escalate, handoffs, shifts
from oncall.models import ApiToken, EscalationStep, Holiday, Notification, Page, StepTarget, Team, User
from oncall.paging import Actor
from postmortems import actions, drafting
from postmortems.engine import drafts
from postmortems.models import ActionItem, Comment, Postmortem, PostmortemTemplate
from tests import cast
from tests.cast import NOW
from tests.permissions import people

WORD = "zqwx"
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Story:
    """`rows` by model label, none of them private; `hidden` the private incident; Ana was paged for it.

    `finding` is the incident that the audit opened because of it while it was public.
    """

    company: cast.Platform
    kinds: people.Kinds
    rows: dict[str, int]
    public: Incident
    hidden: Incident
    merged: Incident
    following: Incident
    finding: Incident

    @property
    def private(self) -> list[Incident]:
        return [self.hidden, self.merged, self.following]


def tell() -> Story:
    company = cast.platform()
    room = cast.channel("Room")
    step = EscalationStep.objects.get(policy=company.policy, position=0)
    StepTarget.objects.create(step=step, kind=StepTarget.Kind.CHANNEL, channel=room)
    Severity.objects.filter(level="SEV-1").update(aware=["dee", "room"])
    kinds = people.make(company)
    events, _key = integrations.create(company.service, "Events", "generic", NOW)
    public = _public(company, events)
    _around(company, events)
    hidden, merged = _hidden(company, events)
    following = _following(events)
    briefings.run(NOW + 45 * MINUTE)
    lifecycle.resolve(public, _by(company.bo), NOW + 60 * MINUTE)
    _learned(company)
    rows = {model._meta.label_lower: _row(model, public) for model in admin.site._registry}
    finding = Incident.objects.get(finding__isnull=False)
    return Story(company, kinds, rows, public, hidden, merged, following, finding)


def _by(user: User) -> Actor:
    return Actor(None, str(user), "console")


def _tick(minutes: float) -> None:
    now = NOW + minutes * MINUTE
    escalate.run(now)
    dispatch.run(now)


def _send(events: Integration, minutes: float, *signals: Signal) -> None:
    intake.accept(events.pk, list(signals), NOW + minutes * MINUTE)
    intake.drain(NOW + minutes * MINUTE)


def _public(company: cast.Platform, events: Integration) -> Incident:
    _send(events, 0, Signal(Action.TRIGGER, "Disk is full", "disk", "critical"))
    _tick(0)
    incident = Incident.objects.get()
    lifecycle.acknowledge(incident, _by(company.bo), NOW + MINUTE)
    return incident


def _hidden(company: cast.Platform, events: Integration) -> tuple[Incident, Incident]:
    """Public for ten minutes: paged, told, found by the audit, worked on; then hidden, with a second merged into it."""
    told = Signal(
        *(Action.TRIGGER, "zqwxtitle was stolen", "zqwxkey", "critical"),
        source="zqwxsource",
        labels={"zqwxlabel": "zqwxhost"},
        values={"zqwxvalue": "7"},
        links=[{"href": "https://zqwxlink.example/", "text": "zqwxlinktext"}],
    )
    _send(events, 20, told)
    hidden = Incident.objects.latest("pk")
    _tick(20)
    Page.objects.filter(subject=hidden.subject).update(due_at=None)
    for minutes in (21, 22):  # the audit finds that nothing is ahead, twice; an incident is opened for the finding
        audit.run(NOW + minutes * MINUTE)
        incidents_audit.run(NOW + minutes * MINUTE)
        findings.run(NOW + minutes * MINUTE)
    Page.objects.filter(subject=hidden.subject).update(due_at=NOW + 25 * MINUTE)
    by = _by(company.ana)
    lifecycle.note(hidden, "zqwxnote of the thief", by, NOW + 23 * MINUTE)
    lifecycle.set_severity(hidden, Severity.objects.get(level="SEV-2"), "zqwxreason to lower", by, NOW + 24 * MINUTE)
    _tick(24)
    _waits_for_the_room(hidden)
    lifecycle.set_private(hidden, True, by, NOW + 30 * MINUTE)
    lifecycle.acknowledge(hidden, by, NOW + 31 * MINUTE)
    second = lifecycle.declare(
        "zqwxsecond theft", company.service, by, NOW + 32 * MINUTE,
        severity=Severity.objects.get(level="SEV-1"), private=True, description="zqwxdescription",
    )  # fmt: skip
    _tick(32)
    lifecycle.merge(second, hidden, by, NOW + 33 * MINUTE)
    _tick(33)
    InboxItem.objects.create(
        integration=events,
        received_at=NOW,
        signals=[told.to_json()],
        state="aside",
        done_at=NOW,
        error="Traceback …\nDataError: zqwxerror quotes zqwxtitle",
    )
    return Incident.objects.get(pk=hidden.pk), Incident.objects.get(pk=second.pk)


def _waits_for_the_room(hidden: Incident) -> None:
    """A message to the shared room that its provider refused so far: it is sent later."""
    row = Notification.objects.filter(page__subject=hidden.subject, channel__isnull=False).latest("pk")
    Notification.objects.filter(pk=row.pk).update(state="pending", sent_at=None, due_at=NOW + 90 * MINUTE)


def _following(events: Integration) -> Incident:
    """The same alert again after all was over: what follows a private incident is private."""
    first = Alert.objects.get(dedup_key="zqwxkey").incident
    assert first is not None
    lifecycle.resolve(first, Actor(None, "Ana", "console"), NOW + 40 * MINUTE)
    _send(events, 41, Signal(Action.TRIGGER, "zqwxagain stolen", "zqwxkey", "critical"))
    _tick(41)
    following = Incident.objects.latest("pk")
    assert following.private, "what follows a private incident is private"
    return following


def _around(company: cast.Platform, events: Integration) -> None:
    hour = timedelta(hours=1)
    cast.away(company.cy, NOW + 24 * hour, NOW + 30 * hour)
    cast.override(company.schedule, NOW + hour, NOW + 2 * hour, add=company.cy, remove=company.bo)
    shifts.settle([company.schedule.pk], NOW)
    handoffs.run(NOW)
    Silence.objects.create(service=company.service, matchers='a="b"', starts_at=NOW + hour, ends_at=NOW + 2 * hour)
    Maintenance.objects.create(service=company.service, starts_at=NOW + 24 * hour, ends_at=NOW + 25 * hour)
    Holiday.objects.create(country="PT", day_on=NOW.date(), name="Day")
    keys.issue_api_token(company.ana, ApiToken.Scope.READ, NOW)
    every = IntervalSchedule.objects.create(every=1, period="hours")
    PeriodicTask.objects.create(name="own", task="x.y", interval=every)
    CrontabSchedule.objects.create(minute="5")
    ContentType.objects.clear_cache()
    assert Team.objects.count() == 1
    assert events.pk


def _learned(company: cast.Platform) -> None:
    """Postmortems of both incidents, with everything in them that may tell."""
    now = NOW + 61 * MINUTE
    PostmortemTemplate.objects.create(name="All", team=company.team)
    drafts.run(now)
    for postmortem in Postmortem.objects.order_by("pk"):
        word = WORD if postmortem.private else "plain"
        owner = postmortem.owner
        assert owner is not None
        texts = {"summary": f"{word}summary", "root_cause": f"{word}cause", "lessons": f"{word}lesson"}
        made = drafting.edit(postmortem, postmortem.version, texts, None, now)
        for name, row in {
            "factors": {"text": f"{word}factor"},
            "whys": {"text": f"{word}why"},
            "gaps": {"text": f"{word}gap", "kind": "silent_failure"},
            "tags": {"word": f"{word}tag"},
        }.items():
            made = drafting.put(made, made.version, name, [row], None, now)
        Comment.objects.create(postmortem=made, at=now, by=owner, by_name=str(owner), text=f"{word}comment")
        actions.add(made, {"description": f"{word}action", "priority": "P1", "owner": owner}, None, now)
    assert {postmortem.private for postmortem in Postmortem.objects.all()} == {True, False}


def _row(model: type, public: Incident) -> int:
    """A row that is nobody's secret: of the public incident, where the model knows incidents."""
    rows = model._default_manager.order_by("pk")  # type: ignore[attr-defined]
    of_public: dict[type, dict[str, object]] = {
        Incident: {"pk": public.pk},
        Alert: {"incident": public},
        Page: {"subject": public.subject},
        Postmortem: {"incident": public},
        ActionItem: {"postmortem__incident": public},
    }
    if model is Notification:
        rows = rows.filter(page__subject=public.subject)
    row = rows.filter(**of_public.get(model, {})).first()
    assert row is not None, f"the story has no {model}"
    return int(row.pk)

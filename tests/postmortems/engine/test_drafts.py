"""Every resolved SEV-1 and SEV-2 gets its draft by itself, once, filled from facts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from incidents import lifecycle
from incidents.models import Alert, Incident, Severity
from oncall.models import Notification, User
from oncall.paging import Actor
from postmortems.engine import deadlines, drafts
from postmortems.models import Postmortem, PostmortemTemplate
from tests import cast
from tests.cast import NOW

RESOLVED = NOW + timedelta(hours=1)
LATER = RESOLVED + timedelta(minutes=1)
Make = Callable[..., Incident]


def test_a_resolved_sev1_gets_one_draft_however_often_the_job_runs(resolved: Make) -> None:
    incident = resolved()
    assert drafts.run(LATER) == 1
    assert drafts.run(LATER) == 0
    made = Postmortem.objects.get()
    assert (made.incident, made.state, made.number) == (incident, "draft", "PM-2026-0001")
    assert made.title == "[SEV-1] Database down - 2026-01-14"


@pytest.mark.parametrize(("level", "count"), [("SEV-1", 1), ("SEV-2", 1), ("SEV-3", 0), ("SEV-4", 0)])
def test_the_severity_says_whether_there_is_one(resolved: Make, level: str, count: int) -> None:
    resolved(level)
    drafts.run(LATER)
    assert Postmortem.objects.count() == count


def test_one_sentence_said_at_the_resolve_is_kept_and_asks_for_no_more(resolved: Make) -> None:
    resolved("SEV-3", lesson="The export needs a longer timeout.")
    drafts.run(LATER)
    made = Postmortem.objects.get()
    assert (made.kind, made.state, made.summary) == ("sentence", "closed", "The export needs a longer timeout.")
    assert (made.review_due_at, made.publish_due_at, made.next_look_at) == (None, None, None)


def test_it_is_filled_from_facts(resolved: Make, company: cast.Platform) -> None:
    incident = resolved()
    lifecycle.assign_role(incident, "commander", company.dee, Actor(None, "", "engine"), LATER)
    drafts.run(LATER)
    made = Postmortem.objects.get()
    assert made.owner == company.dee, "the commander, not who resolved it"
    assert (made.impact_started_at, made.acknowledged_at, made.recovered_at) == (
        NOW,
        NOW + timedelta(minutes=5),
        RESOLVED,
    )
    assert [row.entry.kind for row in made.timeline.all() if row.entry][-2:] == ["resolved", "role"]
    invited = {row.person: row.role for row in made.attendees.all()}
    assert invited[company.dee] == "incident commander, responder, team lead"
    assert [str(row) for row in made.authors.all()] == ["Dee"]


@pytest.mark.parametrize("label", ["changed_by", "deployed_by"])
def test_whose_change_went_before_is_proposed_and_never_blamed(
    resolved: Make, company: cast.Platform, label: str
) -> None:
    incident, leaver = resolved(), cast.person("lea")
    User.objects.filter(pk=leaver.pk).update(is_active=False)
    for number, who in enumerate(["cy", "bo@example.org", "lea", "stranger", ""]):
        Alert.objects.create(
            service=company.service, incident=incident, severity=incident.severity, title="Errors",
            dedup_key=str(number), labels={label: who}, started_at=NOW, first_seen_at=NOW, last_seen_at=NOW,
        )  # fmt: skip
    drafts.run(LATER)
    invited = {row.person: row.role for row in Postmortem.objects.get().attendees.all()}
    assert invited[company.cy] == "made the last change: invited, never blamed"
    assert invited[company.bo] == "responder, made the last change: invited, never blamed"
    assert {str(person) for person in invited} == {"Bo", "Cy", "Dee"}
    shown = " ".join(Postmortem.objects.get().timeline.values_list("text", flat=True))
    assert "Cy" not in shown, "who it was is no fact of the story"


def test_a_private_incident_is_not_told_to_whose_change_went_before(resolved: Make, company: cast.Platform) -> None:
    incident = resolved(private=True)
    Alert.objects.create(
        service=company.service, incident=incident, severity=incident.severity, title="Errors", dedup_key="1",
        labels={"changed_by": "cy"}, started_at=NOW, first_seen_at=NOW, last_seen_at=NOW,
    )  # fmt: skip
    drafts.run(LATER)
    assert company.cy not in [row.person for row in Postmortem.objects.get().attendees.all()]


def test_without_a_commander_whoever_resolved_it_owns_it(resolved: Make, company: cast.Platform) -> None:
    resolved()
    drafts.run(LATER)
    assert Postmortem.objects.get().owner == company.bo


def test_who_left_the_company_owns_nothing(resolved: Make, company: cast.Platform) -> None:
    resolved()
    company.bo.is_active = False
    company.bo.save()
    drafts.run(LATER)
    made = Postmortem.objects.get()
    assert made.owner == company.dee, "the team's lead"
    assert company.bo not in [row.person for row in made.attendees.all()]


def test_both_clocks_run_from_the_resolve_in_the_teams_business_days(resolved: Make) -> None:
    resolved()
    drafts.run(LATER)
    made = Postmortem.objects.get()
    assert made.review_due_at == RESOLVED + timedelta(hours=48)
    # A Wednesday and five business days: the next Wednesday, when the team in Lisbon goes home.
    assert made.publish_due_at == datetime(2026, 1, 21, 17, 0, tzinfo=UTC)


def test_reopened_and_resolved_again_the_clocks_start_anew(resolved: Make) -> None:
    incident = resolved()
    drafts.run(LATER)
    nobody = Actor(None, "", "engine")
    again = RESOLVED + timedelta(days=2)
    lifecycle.reopen(incident, "back", nobody, RESOLVED + timedelta(days=1))
    assert drafts.run(again) == 0
    lifecycle.resolve(incident, nobody, again)
    assert drafts.run(again) == 1
    assert drafts.run(again) == 0
    made = Postmortem.objects.get()
    assert (made.resolved_at, made.review_due_at) == (again, again + timedelta(hours=48))


def test_a_raise_during_the_incident_is_told_as_under_escalation(resolved: Make) -> None:
    incident = resolved("SEV-3")
    severity = Severity.objects.get(level="SEV-1")
    lifecycle.set_severity(incident, severity, "all of it", Actor(None, "", "engine"), LATER)
    drafts.run(LATER)
    made = Postmortem.objects.get()
    assert (made.severity.level, made.assessed.level) == ("SEV-3", "SEV-1")  # type: ignore[union-attr]
    assert "Under-escalated: declared SEV-3, it was SEV-1." in made.events.values_list("text", flat=True)


def test_a_small_one_that_turns_out_large_gets_its_draft_and_keeps_number_and_sentence(resolved: Make) -> None:
    incident = resolved("SEV-3", lesson="The export needs a longer timeout.")
    drafts.run(LATER)
    number = Postmortem.objects.get().number
    severity = Severity.objects.get(level="SEV-1")
    lifecycle.set_severity(incident, severity, "all of it", Actor(None, "", "engine"), LATER)
    assert (drafts.run(LATER), drafts.run(LATER)) == (1, 0)
    made = Postmortem.objects.get()
    assert (made.kind, made.state, made.number) == ("full", "draft", number)
    assert (made.summary, made.lessons) == ("", "The export needs a longer timeout.")
    assert (made.published_at, made.closed_at) == (None, None)
    assert made.review_due_at == RESOLVED + timedelta(hours=48)
    assert made.timeline.exists() and made.attendees.exists()


def test_a_small_one_resolved_again_keeps_what_was_said_last(resolved: Make) -> None:
    incident = resolved("SEV-3", lesson="The export needs a longer timeout.")
    drafts.run(LATER)
    nobody, again = Actor(None, "", "engine"), RESOLVED + timedelta(days=2)
    lifecycle.reopen(incident, "back", nobody, RESOLVED + timedelta(days=1))
    lifecycle.resolve(incident, nobody, again, "It needs pages of a thousand rows.")
    assert (drafts.run(again), drafts.run(again)) == (1, 0)
    made = Postmortem.objects.get()
    assert (made.summary, made.resolved_at, made.state) == ("It needs pages of a thousand rows.", again, "closed")


def test_a_draft_of_what_was_a_false_alarm_reminds_nobody(resolved: Make) -> None:
    incident = resolved()
    drafts.run(LATER)
    lifecycle.dismiss(incident, "a test", Actor(None, "", "engine"), LATER)
    assert (drafts.run(LATER), drafts.run(LATER)) == (1, 0)
    made = Postmortem.objects.get()
    assert (made.state, made.review_due_at, made.publish_due_at) == ("draft", None, None)
    assert deadlines.run(LATER + timedelta(days=30)) == 0
    assert not Notification.objects.filter(kind="postmortem").exists()
    assert "no clock runs" in made.events.latest("pk").text


def test_false_alarms_and_merged_ones_get_none(resolved: Make) -> None:
    nobody = Actor(None, "", "engine")
    lifecycle.dismiss(resolved(), "a test", nobody, LATER)
    Incident.objects.filter(pk=resolved(title="Other").pk).update(merged_into=Incident.objects.first())
    assert drafts.run(LATER) == 0


def test_what_was_over_long_before_gets_none_and_what_was_missed_for_a_week_gets_one(resolved: Make) -> None:
    resolved()
    assert drafts.run(RESOLVED + timedelta(days=31)) == 0
    assert drafts.run(RESOLVED + timedelta(days=7)) == 1


def test_the_most_exact_template_prompts(resolved: Make, company: cast.Platform) -> None:
    sev1 = Severity.objects.get(level="SEV-1")
    PostmortemTemplate.objects.create(name="all", summary="everybody's")
    PostmortemTemplate.objects.create(name="sev", severity=sev1, summary="the severity's")
    PostmortemTemplate.objects.create(name="team", team=company.team, summary="the team's")
    resolved()
    drafts.run(LATER)
    assert Postmortem.objects.get().summary == "the team's"

"""What of the set-up checklist concerns learning: clocks, where actions are tracked, the two reviews."""

from typing import Final

from django.utils.translation import gettext_lazy as _t

from incidents.admin.steps import STEPS as OF_INCIDENTS
from incidents.admin.steps import Step
from oncall.models import Team


def _tracked() -> bool:
    """Some team has a tracker of its own."""
    return Team.objects.exclude(tracker_url="").exists()


CHECKLIST: Final = (
    *OF_INCIDENTS,
    Step(
        "clocks",
        _t("Look at the postmortem clocks"),
        _t("Each severity says by when the review is scheduled and the postmortem published."),
        "incidents_severity_changelist",
    ),
    Step(
        "tracker",
        _t("Choose where actions are tracked"),
        _t("Give the teams the address of their tracker, or decide for the board here."),
        "oncall_team_changelist",
        _tracked,
    ),
    Step(
        "weekly",
        _t("Put the weekly review into the calendar"),
        _t("Last week's incidents, overdue actions, late postmortems; the managers' digest is its agenda."),
        "postmortems_actionitem_board",
    ),
    Step(
        "monthly",
        _t("Put the monthly review into the calendar"),
        _t("Completion of actions, repeated incidents, how often people were woken."),
        "postmortems_actionitem_figures",
    ),
)

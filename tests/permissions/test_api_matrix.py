"""Who may do what through the API: every route, every method, every kind of person. Letters as in the console's table.

… stands for a row that is nobody's secret; of tokens it is one's own.
"""

import pytest

from tests import calling, cast
from tests.permissions import api_cells, people
from tests.permissions.story import Story

TABLE = """
# What senders and the engine write.
alerts: GET VRICMSB
alerts/…: GET VRICMSB
handoffs: GET VRICMSB
handoffs/…: GET VRICMSB
# One signs for oneself alone.
handoffs/…/note: POST -
handoffs/…/sign: POST -
notifications: GET VRICMSB
notifications/…: GET VRICMSB
pages: GET VRICMSB
pages/…: GET VRICMSB
# Incidents change through their verbs, which judge for themselves: whoever responds, the commander's own, and
# nobody else who was not paged.
incidents: GET VRICMSB, POST RIMSB
incidents/…: GET VRICMSB
incidents/…/acknowledge: POST RICMSB
incidents/…/close: POST IMB
incidents/…/dismiss: POST RICMSB
incidents/…/escalate: POST RICMSB
incidents/…/merge: POST IMB
incidents/…/mitigate: POST RICMSB
incidents/…/note: POST RICMSB
incidents/…/page: POST RICMSB
incidents/…/reopen: POST RICMSB
incidents/…/resolve: POST RICMSB
incidents/…/role: POST IMB
incidents/…/severity: POST RICMSB
incidents/…/timeline: GET VRICMSB
# Postmortems and action items: their verbs judge for themselves, owners need no right.
action-items: GET VRICMSB, POST RIMSB
action-items/…: GET VRICMSB, PATCH RIMSB
action-items/…/assign: POST RIMSB
action-items/…/begin: POST RIMSB
action-items/…/block: POST RIMSB
action-items/…/decline: POST IMB
action-items/…/finish: POST RIMSB
action-items/…/move: POST RIMSB
action-items/…/reopen: POST RIMSB
postmortems: GET VRICMSB, POST RIMSB
postmortems/import: POST RIMSB
postmortems/…: GET VRICMSB, PATCH RICMSB
postmortems/…/assign: POST RICMSB
postmortems/…/cancel_review: POST RICMSB
postmortems/…/comment: POST RICMSB
postmortems/…/events: GET VRICMSB
postmortems/…/export: GET VRICMSB
postmortems/…/hold_review: POST RICMSB
postmortems/…/invite: POST RICMSB
postmortems/…/publish: POST IMB
postmortems/…/readiness: GET VRICMSB
postmortems/…/reopen: POST IMB
postmortems/…/schedule_review: POST RICMSB
postmortems/…/start_review: POST RICMSB
postmortems/…/waive: POST IMB
# What is set up while an incident runs.
leave: GET VRICMSB, POST RIMB
leave/…: GET VRICMSB, PUT RIMB, PATCH RIMB, DELETE RIMB
maintenance: GET VRICMSB, POST RIMB
maintenance/…: GET VRICMSB, PUT RIMB, PATCH RIMB, DELETE RIMB
overrides: GET VRICMSB, POST RIMB
overrides/…: GET VRICMSB, PUT RIMB, PATCH RIMB, DELETE RIMB
silences: GET VRICMSB, POST RIMB
silences/…: GET VRICMSB, PUT RIMB, PATCH RIMB, DELETE RIMB
# What is set up beforehand.
channels: GET VRICMSB, POST MB
channels/…: GET VRICMSB, PUT MB, PATCH MB, DELETE MB
escalation-policies: GET VRICMSB, POST MB
escalation-policies/…: GET VRICMSB, PUT MB, PATCH MB, DELETE MB
holidays: GET VRICMSB, POST B
holidays/…: GET VRICMSB, PUT B, PATCH B, DELETE B
integrations: GET VRICMSB, POST MB
integrations/…: GET VRICMSB, PUT MB, PATCH MB, DELETE MB
integrations/…/disable: POST MB
integrations/…/drop_old_secret: POST MB
integrations/…/enable: POST MB
integrations/…/rotate: POST MB
integrations/…/sign: POST MB
integrations/…/unsign: POST MB
postmortem-templates: GET VRICMSB, POST MB
postmortem-templates/…: GET VRICMSB, PUT MB, PATCH MB, DELETE MB
schedules: GET VRICMSB, POST MB
schedules/…: GET VRICMSB, PUT MB, PATCH MB, DELETE MB
schedules/…/on-call: GET VRICMSB
schedules/…/shifts: GET VRICMSB
services: GET VRICMSB, POST MB
services/…: GET VRICMSB, PUT MB, PATCH MB, DELETE MB
severities: GET VRICMSB, POST MB
severities/…: GET VRICMSB, PUT MB, PATCH MB, DELETE -
teams: GET VRICMSB, POST MB
teams/…: GET VRICMSB, PUT MB, PATCH MB, DELETE MB
# People are never deleted; what of them a Manager may not set is in test_people.py. Tokens are one's own, and made
# by no token: who is signed in makes them (tests/oncall/api/test_people.py).
people: GET VRICMSB, POST MB
people/…: GET VRICMSB, PUT MB, PATCH MB, DELETE -
tokens: GET VRICMSBN, POST -
tokens/…: GET VRICMSBN, DELETE VRICMSBN
"""
VERBS = ("incidents", "postmortems", "action-items")
Cells = dict[tuple[str, str], str]


def expected() -> Cells:
    found = {}
    for line in TABLE.strip().splitlines():
        if not line.startswith("#"):
            name, _, verbs = line.partition(": ")
            for part in verbs.split(", "):
                method, _, letters = part.partition(" ")
                found[name, method] = letters.strip("-")
    return found


def wrong(found: Cells) -> list[str]:
    wanted = expected()
    cells = {cell for cell in found | wanted if set(found.get(cell, "?")) != set(wanted.get(cell, "?"))}
    return [f"{cell}: may {found.get(cell)}, should {wanted.get(cell)}" for cell in sorted(cells)]


def judged_within(cell: tuple[str, str]) -> bool:
    """The verbs of incidents, handoffs, postmortems and action items let everybody in and judge then."""
    door = cell[0].partition("/")[0]
    return (door == "handoffs" and cell[1] == "POST") or (door in VERBS and cell[1] != "GET")


def test_every_door_of_the_api_is_as_the_table_says(db: None) -> None:
    kinds = people.make(cast.platform())
    inner = {cell: letters for cell, letters in expected().items() if judged_within(cell)}
    for team in people.TEAMS:
        assert wrong({**api_cells.cells_of_doors(kinds, team), **inner}) == []


@pytest.mark.services
@pytest.mark.thorough
@pytest.mark.parametrize("team", ["own", "foreign"])
def test_every_request_to_the_api_is_answered_as_the_table_says(told: Story, team: str) -> None:
    assert wrong(api_cells.cells(told, team)) == []


@pytest.mark.services
@pytest.mark.thorough
def test_a_read_token_writes_nowhere(told: Story) -> None:
    superuser = told.kinds.of("B")
    client = calling.caller(superuser, scope="read")
    written = [
        f"{method} {route.name}"
        for route in api_cells.routes()
        for method in route.methods
        if method != "GET" and api_cells.call(client, told, superuser, route, method) not in (403, 405)
    ]
    assert written == []

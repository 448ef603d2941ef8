"""Who may do what in the console: every model of its registry, every verb, every kind of person.

A letter is a kind of person (`people.py`): Viewer, Responder, Incident commander, Communications, Manager, Security,
B the superuser, N nobody's groups. VRICMSB is everybody with a group.
"""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from incidents.models import Alert, Incident
from oncall.models import Notification, Page
from postmortems.models import ActionItem, Postmortem
from tests.permissions import admin_cells, people
from tests.permissions.story import Story

# What the engine or senders write is looked at. A line that begins with a slash is a table inside the form above it.
TABLE = """
incidents.alert: view VRICMSB
incidents.inboxitem: view MB, action try_again MB
incidents.incident: view VRICMSB, add RIMSB, action acknowledge RICMSB, action merge IMB, action resolve RICMSB
oncall.apitoken: view B, action revoke B
oncall.auditfinding: view VRICMSB
oncall.handoff: view VRICMSB
oncall.notification: view VRICMSB
oncall.page: view VRICMSB
oncall.shift: view VRICMSB
# What is learned: written by who responds, published by commanders and managers. A postmortem begins with an incident.
postmortems.actionitem: view VRICMSB, add RIMSB, change RIMSB, action reassign RIMSB, action replan RIMSB
postmortems.postmortem: view VRICMSB, add RIMSB, change RICMSB
# What is set up while an incident runs.
incidents.maintenance: view VRICMSB, add RIMB, change RIMB, delete RIMB, action delete_selected RIMB
incidents.silence: view VRICMSB, add RIMB, change RIMB, delete RIMB, action delete_selected RIMB, action end_now RIMB
oncall.leave: view VRICMSB, add RIMB, change RIMB, delete RIMB, action delete_selected RIMB
oncall.override: view VRICMSB, add RIMB, change RIMB, delete RIMB, action delete_selected RIMB
# What is set up beforehand. A level of severity is edited, never deleted; a layer is added in its schedule.
incidents.integration: view VRICMSB, add MB, change MB, delete MB, action delete_selected MB, action switch_off MB
incidents.integration: action switch_on MB
incidents.service: view VRICMSB, add MB, change MB, delete MB, action delete_selected MB
incidents.service/integration: view VRICMSB
incidents.service/severitypolicy: view VRICMSB, add MB, change MB, delete MB
incidents.severity: view VRICMSB, add MB, change MB
oncall.channel: view VRICMSB, add MB, change MB, delete MB, action delete_selected MB
oncall.escalationpolicy: view VRICMSB, add MB, change MB, delete MB, action delete_selected MB
oncall.escalationpolicy/escalationstep: view VRICMSB, add MB, change MB, delete MB
oncall.escalationpolicy/escalationstep/steptarget: view VRICMSB, add MB, change MB, delete MB
oncall.layer: view VRICMSB, change MB, delete MB, action delete_selected MB
oncall.layer/layermember: view VRICMSB, add MB, change MB, delete MB
oncall.schedule: view VRICMSB, add MB, change MB, delete MB, action delete_selected MB
oncall.schedule/declaredgap: view VRICMSB, add MB, change MB, delete MB
oncall.schedule/layer: view VRICMSB, add MB, change MB, delete MB
oncall.schedule/layer/layermember: view VRICMSB, add MB, change MB, delete MB
oncall.team: view VRICMSB, add MB, change MB, delete MB, action delete_selected MB
oncall.team/teammember: view VRICMSB, add MB, change MB, delete MB
postmortems.postmortemtemplate: view VRICMSB, add MB, change MB, delete MB, action delete_selected MB
# People: what of them a Manager may not set is in test_people.py. Their addresses are no business of others.
oncall.user: view VRICMSB, add MB, change MB, delete B, action delete_selected B
oncall.user/contactmethod: view MB, add MB, change MB, delete MB
oncall.user/leave: view VRICMSB, add RIMB, change RIMB, delete RIMB
oncall.user/notificationrule: view MB, add MB, change MB, delete MB
# The site itself.
auth.group: view B, add B, change B, delete B, action delete_selected B
django_celery_beat.crontabschedule: view B, add B, change B, delete B, action delete_selected B
django_celery_beat.intervalschedule: view B, add B, change B, delete B, action delete_selected B
django_celery_beat.periodictask: view B, add B, change B, delete B, action delete_selected B, action enable_tasks B
django_celery_beat.periodictask: action run_tasks B
oncall.holiday: view VRICMSB, add B, change B, delete B, action delete_selected B
"""


def expected() -> dict[admin_cells.Cell, str]:
    found = {}
    for line in TABLE.strip().splitlines():
        if not line.startswith("#"):
            name, _, verbs = line.partition(": ")
            for part in verbs.split(", "):
                verb, _, letters = part.rpartition(" ")
                found[name, verb] = letters
    return found


def test_every_cell_of_the_console_is_as_the_table_says(told: Story) -> None:
    found, wanted = admin_cells.cells(told), expected()
    wrong = {cell for cell in found | wanted if set(found.get(cell, "")) != set(wanted.get(cell, ""))}
    assert [f"{cell}: may {found.get(cell)}, should {wanted.get(cell)}" for cell in sorted(wrong)] == []


def test_every_model_of_the_console_and_every_group_has_its_line(told: Story) -> None:
    assert {model._meta.label_lower for model in admin.site._registry} == {
        name for name, _verb in expected() if "/" not in name
    }
    assert set(Group.objects.values_list("name", flat=True)) == set(people.GROUPS.values())


@pytest.mark.parametrize("model", [Incident, Alert, Page, Notification, Postmortem, ActionItem])
def test_private_rows_are_there_for_security_the_superuser_and_those_on_it(told: Story, model: Any) -> None:
    subjects = [incident.subject for incident in told.private]
    rows = {
        Incident: Incident.objects.filter(private=True),
        Alert: Alert.objects.filter(incident__private=True),
        Page: Page.objects.filter(subject__in=subjects),
        Notification: Notification.objects.filter(page__subject__in=subjects),
        Postmortem: Postmortem.objects.filter(incident__private=True),
        ActionItem: ActionItem.objects.filter(postmortem__incident__private=True),
    }[model]
    assert rows.exists()

    def seen(user: Any) -> bool:
        page = admin.site._registry[model]
        return bool(page.get_queryset(admin_cells.request_of(people.fresh(user))).filter(pk__in=rows).exists())

    letters = [letter for letter in people.LETTERS for team in people.TEAMS if seen(told.kinds.of(letter, team))]
    assert letters == ["S", "S", "B", "B"]
    assert seen(told.company.ana)


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def asked(label: str, row: int) -> dict[str, str]:
    """The addresses of a model's pages, by what is asked of the table."""
    name = "admin:" + label.replace(".", "_")
    return {
        "list": reverse(f"{name}_changelist"),
        "row": reverse(f"{name}_change", args=[row]),
        "history": reverse(f"{name}_history", args=[row]),
        "add": reverse(f"{name}_add"),
        "delete": reverse(f"{name}_delete", args=[row]),
    }


def wrong_answers(told: Story, letter: str) -> list[str]:
    """Each page of each model, really asked for: 200 (or on to the timeline) for who may, 403 for who may not."""
    client, table, wrong = browser(told.kinds.of(letter)), expected(), []
    for label, row in told.rows.items():
        for what, address in asked(label, row).items():
            verb = what if what in ("add", "delete") else "view"
            may = letter in table.get((label, verb), "")
            answer = client.get(address)
            good = (200, 302) if may and what == "history" else (200,) if may else (403,)
            if answer.status_code not in good:
                wrong.append(f"{address}: {answer.status_code}, may: {may}")
    return wrong


# What a Viewer is answered is looked at with every row and filter in test_private.py.
@pytest.mark.services
@pytest.mark.thorough
@pytest.mark.parametrize("letter", people.LETTERS)
def test_pages_are_answered_as_the_table_says(told: Story, letter: str) -> None:
    assert wrong_answers(told, letter) == []


def test_a_stranger_is_led_to_the_sign_in_page(told: Story) -> None:
    client = Client()
    for label, row in told.rows.items():
        for address in asked(label, row).values():
            answer = client.get(address)
            assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/"), address

"""What stands around the page: actions for factors, small incidents' sentences, templates."""

from typing import Any

from django.urls import reverse
from django.utils.html import escape

from incidents.models import Severity
from oncall.models import Page
from postmortems import drafting
from postmortems.engine import drafts
from postmortems.models import Postmortem
from tests import cast
from tests.postmortems.admin.pages import SignIn, address
from tests.postmortems.conftest import fresh
from tests.postmortems.writing import LATER


def test_an_action_is_added_for_a_factor_that_then_has_one(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    made = drafting.put(postmortem, postmortem.version, "factors", [{"text": "No plan"}], None, LATER)
    factor, client = made.factors.get(), browser(company.ana)
    where = f"{reverse('admin:postmortems_actionitem_add')}?postmortem={made.pk}&factors={factor.pk}"
    assert escape(where) in client.get(address(made)).content.decode()
    assert client.get(where).context["adminform"].form["factors"].value() == [str(factor.pk)]
    given = {
        "postmortem": made.pk, "description": "Review plans", "kind": "prevent", "priority": "P1",
        "owner": company.ana.pk, "due_on": "", "link": "", "factors": [factor.pk],
    }  # fmt: skip
    assert client.post(where, given).status_code == 302
    assert list(made.actions.get().factors.all()) == [factor]
    assert "Add an action item for it" not in client.get(address(made)).content.decode()


def test_the_sentence_of_a_small_incident_is_read_where_people_look(
    resolved: Any, company: cast.Platform, browser: SignIn
) -> None:
    incident = resolved("SEV-3", lesson="Restart it after the certificate.")
    drafts.run(LATER)
    row, client = Postmortem.objects.get(), browser(company.ana)
    incidents = reverse("admin:incidents_incident_change", args=[incident.pk])
    for where in (incidents, reverse("admin:postmortems_postmortem_changelist"), address(row)):
        assert "Restart it after the certificate." in client.get(where).content.decode()
    assert row.number in client.get(incidents).content.decode()


def test_a_template_of_the_team_and_severity_fills_a_new_draft(
    resolved: Any, company: cast.Platform, browser: SignIn
) -> None:
    client = browser(company.zoe)
    where = reverse("admin:postmortems_postmortemtemplate_add")
    empty = dict.fromkeys(
        ("detection", "symptom", "root_cause", "went_well", "went_poorly", "got_lucky", "lessons"), ""
    )
    severity = Severity.objects.get(level="SEV-1").pk
    for name, more in (("All", {}), ("Ours", {"team": company.team.pk, "severity": severity})):
        given = {"name": name, "severity": "", "team": "", "summary": f"{name}: what happened?", **empty, **more}
        assert client.post(where, given).status_code == 302
    drafting.draft(fresh(resolved("SEV-1")), LATER)
    drafting.draft(fresh(resolved("SEV-2", title="Another")), LATER)
    assert [row.summary for row in Postmortem.objects.order_by("pk")] == ["Ours: what happened?", "All: what happened?"]


def test_a_waiver_that_only_a_name_signed_says_it(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    made = drafting.put(postmortem, postmortem.version, "factors", [{"text": "No plan"}], None, LATER)
    made.factors.update(waiver="It is being replaced.", waiver_signer_name="Old Hand")
    Postmortem.objects.filter(pk=made.pk).update(cause_waiver="Nobody's.", cause_waiver_signer_name="Old Captain")
    for reader in (company.ana, company.dee):  # who writes it, and a looker-on
        shown = browser(reader).get(address(made)).content.decode()
        assert "signed by Old Hand" in shown and "signed by Old Captain" in shown and "signed by None" not in shown


def test_pages_and_their_answers_stand_below_the_text(
    postmortem: Postmortem, company: cast.Platform, browser: SignIn
) -> None:
    subject = postmortem.incident.subject  # type: ignore[union-attr]
    assert "Page opened; Bo took it after 5 min." in browser(company.cy).get(address(postmortem)).content.decode()
    Page.objects.filter(subject=subject).update(acknowledged_at=None, acknowledged_by=None)
    for who in (company.ana, company.cy):  # who writes it and who reads it
        assert "Page opened; nobody took it." in browser(who).get(address(postmortem)).content.decode()

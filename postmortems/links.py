"""An action item done from the mail that asks for it: a page to read, a button to press."""

from datetime import timedelta
from typing import Any, Final

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from incidents.lifecycle import NotAllowed, Refused
from oncall import keys
from oncall.links import GONE, PURPOSES, Answer
from oncall.models import User
from postmortems import actions, rights
from postmortems.logic import due
from postmortems.models import ActionItem

LINK_PURPOSE: Final = "action"
LINK_LIFETIME: Final = timedelta(days=14)
TEMPLATE: Final = "postmortems/link_action.html"


def connect() -> None:
    """Let /l/<token>/ know its way here."""
    PURPOSES[LINK_PURPOSE] = action


def action(request: HttpRequest, token: str) -> Answer:
    """Read it on GET; on POST the person whose mail it stood in has done it, if they still may say so."""
    now = timezone.now()
    found = keys.read_signed_link(token)
    if found is None or found.purpose != LINK_PURPOSE or now >= found.issued_at + LINK_LIFETIME:
        return GONE
    person = User.objects.filter(pk=int(found.stamp, 16), is_active=True).first()
    rows = ActionItem.objects.select_related("owner", "approver", "postmortem__incident", "postmortem__service")
    item = rows.filter(pk=found.number).first()
    if person is None or item is None or not rights.may_see(item.postmortem, person):
        return GONE
    saved, problem, status = False, "", 200
    if request.method == "POST":
        try:
            _finish(item, person, request.POST.get("evidence", ""))
            saved = True
        except (Refused, NotAllowed) as refused:
            problem, status = refused.message, 403 if isinstance(refused, NotAllowed) else 409
        item = rows.get(pk=item.pk)
    return TEMPLATE, status, _values(item, person, saved=saved, problem=problem)


def _finish(item: ActionItem, person: User, evidence: str) -> None:
    """Pressing twice, or after somebody else, is no error: it is done."""
    if item.status == ActionItem.Status.DONE:
        return
    said = evidence[: actions.MAX_TEXT].strip() or _("%(who)s said so by the link of a reminder.") % {"who": person}
    try:
        actions.finish(item, said, person, timezone.now())
    except Refused:
        item.refresh_from_db(fields=["status"])
        if item.status != ActionItem.Status.DONE:  # two presses at once: the other one did it
            raise


def _values(item: ActionItem, person: User, *, saved: bool, problem: str) -> dict[str, Any]:
    today = actions.today_of(item.owner, timezone.now())
    finished = item.finished_at and actions.today_of(person, item.finished_at)
    return {
        "heading": _("Action item"),
        "item": item,
        "person": person,
        "hidden": item.postmortem.private,
        "late": due.days_overdue(item.due_on, today) if item.due_on else 0,
        "today": item.due_on == today,
        "finished_on": finished,
        "may": item.owner_id == person.pk or person.has_perm(rights.WRITE_ACTION),
        "saved": saved,
        "problem": problem,
        "longest": actions.MAX_TEXT,
    }

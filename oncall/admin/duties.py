"""The buttons of My on-call that are about one's own handoffs and calendars."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from oncall import calendars, handoffs
from oncall.models import HandoffSide, Schedule, User

# What to show at once instead of going back to the page: a form with errors, or a secret.
Answer = dict[str, Any] | None


def number(request: HttpRequest, name: str = "id") -> int:
    """The number that the form names. Raises Http404."""
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404
    return int(text)


def _sign(request: HttpRequest, person: User, now: datetime) -> Answer:
    side = _side(request, person)
    handoffs.sign(side.pk, request.POST.get("note"), now)
    messages.success(request, _("Signed: %(what)s.") % {"what": side.handoff})
    return None


def _note(request: HttpRequest, person: User, now: datetime) -> Answer:
    side = _side(request, person)
    handoffs.write_note(side.pk, request.POST.get("note", ""), now)
    messages.success(request, _("The note is kept."))
    return None


def _side(request: HttpRequest, person: User) -> HandoffSide:
    rows = HandoffSide.objects.select_related("handoff").filter(handoff__withdrawn_at=None)
    return get_object_or_404(rows, pk=number(request), person=person)


def _make_calendar(request: HttpRequest, person: User, now: datetime) -> Answer:
    schedule = None
    if request.POST.get("schedule"):
        if not person.has_perm("oncall.view_schedule"):
            raise Http404
        schedule = get_object_or_404(Schedule, pk=number(request, "schedule"))
    try:
        return {"new_calendar": calendars.make(person, schedule, now)}
    except calendars.TooManyFeeds as error:
        messages.error(request, str(error))
        return None


def _revoke_calendar(request: HttpRequest, person: User, now: datetime) -> Answer:
    if calendars.revoke(person, number(request), now):
        messages.success(request, _("The address is revoked; it opens nothing any more."))
    return None


DEEDS: Final[dict[str, Callable[[HttpRequest, User, datetime], Answer]]] = {
    "sign-handoff": _sign,
    "note-handoff": _note,
    "make-calendar": _make_calendar,
    "revoke-calendar": _revoke_calendar,
}

"""Signed links in messages (/l/<token>/): read on GET, act on POST only, because mail scanners open every link."""

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from oncall import contacts, handoffs, keys, wording
from oncall.logic.addresses import masked
from oncall.models import HandoffSide

# What the page shows (a state of link.html, or the template of an app above), its status, its values.
Answer = tuple[str, int, dict[str, Any]]
GONE: Final[Answer] = ("gone", 410, {})


def _contact(request: HttpRequest, token: str) -> Answer:
    """The code of a contact method, confirmed by a button."""
    now = timezone.now()
    if request.method == "POST":
        return ("confirmed", 200, {}) if contacts.confirm_link(token, now) else ("contact_gone", 410, {})
    method = contacts.awaiting(token, now)
    if method is None:
        return "contact_gone", 410, {}
    return "contact", 200, {"person": str(method.user), "address": masked(method.address)}


def _handoff(request: HttpRequest, token: str) -> Answer:
    """A handoff, signed by a button; whoever hands over writes their note in the same form."""
    now = timezone.now()
    side = handoffs.of_token(token, now)
    if side is None:
        return GONE
    saved = ""
    if request.method == "POST":
        note = request.POST.get("note")
        try:
            if request.POST.get("act") == "note":
                handoffs.write_note(side.pk, note or "", now)
                saved = "note"
            else:
                handoffs.sign(side.pk, note, now)
                saved = "signed"
        except HandoffSide.DoesNotExist:
            return GONE
        side = handoffs.of_token(token, now)
        if side is None:
            return GONE
    zone = side.person.timezone if side.person else "UTC"
    return (
        "handoff",
        200,
        {
            "side": side,
            "outgoing": side.side == HandoffSide.Side.OUTGOING,
            "others": handoffs.names(handoffs.counterparts(side)),
            "notes": handoffs.notes_for(side),
            "at": wording.instant(side.handoff.at, zone, now),
            "signed": wording.instant(side.signed_at, zone, now) if side.signed_at else "",
            "saved": saved,
            "longest": handoffs.MAX_NOTE,
        },
    )


# An app above adds its own when it starts.
PURPOSES: Final[dict[str, Callable[[HttpRequest, str], Answer]]] = {
    contacts.LINK_PURPOSE: _contact,
    handoffs.LINK_PURPOSE: _handoff,
}


# The token is the authority: whoever could forge the request has it already, and a cookie would only shut people out.
@method_decorator([csrf_exempt, never_cache], name="dispatch")
class LinkView(View):
    """What the link is about decides; a link of nobody's is gone."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show what it is about, and the button; changes nothing."""
        return self._answer(request, token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Do it."""
        return self._answer(request, token)

    def _answer(self, request: HttpRequest, token: str) -> HttpResponse:
        link = keys.read_signed_link(token)
        purpose = PURPOSES.get(link.purpose) if link else None
        state, status, values = purpose(request, token) if purpose else GONE
        response = render(request, "oncall/link.html", {"state": state, **values}, status=status)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        response["Cache-Control"] = "no-store"
        return response

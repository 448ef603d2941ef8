"""The phone page's one view: everything by POST goes through the lifecycle's doors."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from csp.constants import NONCE, SELF
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from incidents import lifecycle
from incidents.models import Incident
from incidents.phone import facts
from oncall.logic.hours import sound_zone
from oncall.models import User
from oncall.paging import Actor, Outcome

NOTE_LIMIT = 10_000
SAID = {"ack", "resolve", "escalate", "pass_on", "dismiss", "note"}

Act = Callable[[Incident, Actor, datetime, str], Outcome | None]


def _acknowledge(incident: Incident, by: Actor, now: datetime, text: str) -> Outcome | None:
    return lifecycle.acknowledge(incident, by, now)[1]


def _resolve(incident: Incident, by: Actor, now: datetime, text: str) -> Outcome | None:
    return lifecycle.resolve(incident, by, now)[1]


def _escalate(incident: Incident, by: Actor, now: datetime, text: str) -> Outcome | None:
    lifecycle.escalate(incident, by, now)
    return None


def _pass_on(incident: Incident, by: Actor, now: datetime, text: str) -> Outcome | None:
    lifecycle.pass_on(incident, by, now)
    return None


def _dismiss(incident: Incident, by: Actor, now: datetime, text: str) -> Outcome | None:
    lifecycle.dismiss(incident, text or _("Not actionable, said from the phone page."), by, now)
    return None


def _note(incident: Incident, by: Actor, now: datetime, text: str) -> Outcome | None:
    lifecycle.note(incident, text, by, now)
    return None


ACTS: dict[str, Act] = {
    "ack": _acknowledge,
    "resolve": _resolve,
    "escalate": _escalate,
    "pass_on": _pass_on,
    "dismiss": _dismiss,
    "note": _note,
}


# The token is the authority: whoever could forge the request has it already. A mail scanner's GET changes nothing.
@method_decorator([csrf_exempt, never_cache, csp_update({"style-src": [SELF, NONCE]})], name="dispatch")
class PhoneView(View):
    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the incident; `said` is what the last button did."""
        known = facts.found(token, timezone.now())
        return self._answer(request, token, _said(request, known[2] if known else None))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Do what the button says, then show the page anew, so that a reload repeats nothing."""
        now = timezone.now()
        known = facts.found(token, now)
        act = ACTS.get(request.POST.get("act", ""))
        if known is None or act is None:
            return self._answer(request, token, "", 400 if known else 410)
        _ticket, _page, incident, person = known
        text = request.POST.get("text", "").strip()[:NOTE_LIMIT]
        try:
            outcome = act(incident, _actor(person), now, text)
        except lifecycle.Refused as refused:
            return self._answer(request, token, refused.message, 409 if refused.conflict else 400)
        except lifecycle.NotAllowed as refused:
            return self._answer(request, token, refused.message, 403)
        query = {"said": request.POST["act"]}
        if outcome:
            query |= {"stopped": str(outcome.cancelled), "moving": facts.keys_of(outcome.moving)}
        return _sealed(HttpResponse(status=303, headers={"Location": f"{request.path}?{urlencode(query)}"}))

    def _answer(self, request: HttpRequest, token: str, message: str, status: int = 200) -> HttpResponse:
        now = timezone.now()
        known = facts.found(token, now)
        if known is None:
            return _sealed(render(request, "incidents/phone/gone.html", status=status if status >= 400 else 410))
        _ticket, page, incident, person = known
        zone = ZoneInfo(sound_zone(person.timezone) if person else "UTC")
        with timezone.override(zone):
            values = {
                **facts.shown(page, incident, person, now),
                "person": person,
                "message": message,
                "bad": status >= 400,
            }
            values["mine"] = person is not None and incident.acknowledged_by_id == person.pk
            return _sealed(render(request, "incidents/phone/page.html", values, status=status))


def _actor(person: User | None) -> Actor:
    """Whose message the link stood in; a link in a shared channel names nobody."""
    return Actor(person, str(person) if person else _("somebody in a channel"), "phone")


def _said(request: HttpRequest, incident: Incident | None) -> str:
    """What the button did, in words; the address carries only a known word, a number, and keys of messages."""
    word = request.GET.get("said", "")
    if word not in SAID:
        return ""
    if word in ("ack", "resolve"):
        done = _("You have it.") if word == "ack" else _("Resolved. Nobody is paged any more.")
        return " ".join(filter(None, [done, *_counts(request, incident)]))
    return {
        "escalate": _("The next step is being paged now."),
        "pass_on": _("Passed on: the next step is being paged now."),
        "dismiss": _("Closed as not actionable."),
        "note": _("Your note is on the timeline."),
    }[word]


def _counts(request: HttpRequest, incident: Incident | None) -> list[str]:
    stopped = _number(request.GET.get("stopped", ""))
    words = []
    if stopped:
        words.append(ngettext("%(n)d message stopped.", "%(n)d messages stopped.", stopped) % {"n": stopped})
    if incident and (names := facts.moving(incident, request.GET.get("moving", ""))):
        words.append(_("Already on its way: to %(names)s.") % {"names": ", ".join(names)})
    return words


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _sealed(response: HttpResponse) -> HttpResponse:
    """The address is a secret: it goes into no referrer, no index, no cache."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store"
    return response

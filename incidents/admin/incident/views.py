"""The incident page, its fresh parts, and the page of each verb: read on GET, done on POST through the lifecycle."""

from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.html import format_html

from incidents import lifecycle
from incidents.admin.incident import deeds, live, reading, timelines
from incidents.admin.incident.deeds import Deed
from incidents.lifecycle import rights
from incidents.lifecycle.locks import locked
from incidents.models import Incident
from oncall.admin.base import ConsoleAdmin
from oncall.models import User
from oncall.paging import Actor

TEMPLATES = "admin/incidents/incident"
FROM_DIALOG = "X-Dialog"


def show(admin: ConsoleAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """The page. Raises Http404 for what this person may not see; writing to it has no door here."""
    incident = readable(request, pk)
    if request.method not in ("GET", "HEAD"):
        raise PermissionDenied
    now = timezone.now()
    context = {**reading.page(request, incident, now), "opts": Incident._meta}
    return admin.screen(request, f"{TEMPLATES}/page.html", incident.number, context)


def fresh(admin: ConsoleAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """The page's live parts alone; 304 while nothing changed."""
    incident = readable(request, pk)
    now = timezone.now()
    if request.headers.get("If-None-Match") == (stamp := live.stamp(request, incident, now)):
        return _stamped(HttpResponse(status=304), stamp)
    context = reading.page(request, incident, now)
    return _stamped(render(request, f"{TEMPLATES}/live.html", context), context["stamp"])


def act(admin: ConsoleAdmin, request: HttpRequest, pk: int, deed: Deed) -> HttpResponse:
    """The form of a verb, and the verb. Raises PermissionDenied before anything is read from the form."""
    incident = reading.found(request, pk)
    by = actor(request)
    rights.check(incident, by, *deed.needs, woken=deed.woken)
    now = timezone.now()
    posted = request.method == "POST"
    form = deed.form(request.POST if posted else None, incident=incident, request=request)
    status = 200
    if posted:
        status = 400
        if form.is_valid():
            try:
                said = _do(request, incident, deed, form, by, now)
            except _Stale:
                status = 409
            except lifecycle.Refused as refused:
                status = 409 if refused.conflict else 400
                form.add_error(refused.field if refused.field in form.fields else None, refused.message)
            except lifecycle.NotAllowed as refused:
                status = 403
                form.add_error(None, refused.message)
            else:
                return _done(request, incident, said)
    elif not deeds.possible(deed, incident):
        status = 409
    return _form(admin, request, incident, deed, form, status)


class _Stale(Exception):  # noqa: N818  (it reads as what happened)
    """Somebody did the like since the form was opened."""


def _do(request: HttpRequest, incident: Incident, deed: Deed, form: Any, by: Actor, now: datetime) -> str:
    """The verb, unless its form is stale: of two who send theirs at once the second is told of the first."""
    seen = _number(request.POST.get("seen", ""))
    if not (deed.asked_again and seen):
        return deed.do(incident, by, now, form.cleaned_data)
    with locked(incident):
        if timelines.changed_since(incident, seen, now, deed.asked_again):
            raise _Stale
        return deed.do(incident, by, now, form.cleaned_data)


def actor(request: HttpRequest) -> Actor:
    user = cast(User, request.user)
    return Actor(user, str(user), "console")


def _form(
    admin: ConsoleAdmin, request: HttpRequest, incident: Incident, deed: Deed, form: Any, status: int
) -> HttpResponse:
    incident = reading.rows().get(pk=incident.pk)
    now = timezone.now()
    seen = _number(request.POST.get("seen", ""))
    last = getattr(incident, "last_entry", None) or 0
    impossible = not deeds.possible(deed, incident)
    kinds = (*timelines.CHANGES, *deed.asked_again)
    context = {
        "opts": Incident._meta,
        "incident": incident,
        "deed": deed,
        "label": deeds.label(deed, incident),
        "form": form,
        "impossible": impossible,
        "meanwhile": timelines.changed_since(incident, seen, now, kinds) if seen and status == 409 else "",
        # What is told now is known when the form is sent again.
        "seen": last if status == 409 else seen or last,
    }
    return admin.screen(request, f"{TEMPLATES}/verb.html", f"{incident.number}: {context['label']}", context, status)


def _done(request: HttpRequest, incident: Incident, said: str) -> HttpResponse:
    """Back to the page, or to where a form of ours on another screen asked to go on."""
    where = reverse("admin:incidents_incident_change", args=[incident.pk])
    if request.POST.get("then") == "now":
        where = reverse("admin:index")
    if not Incident.objects.visible_to(request.user).filter(pk=incident.pk).exists():
        where = reverse("admin:incidents_incident_changelist")
    messages.success(request, format_html("{}: {}", incident.number, said))
    if request.headers.get(FROM_DIALOG):
        return HttpResponse(status=204, headers={"X-Location": where})
    return HttpResponseRedirect(where)


def readable(request: HttpRequest, pk: int) -> Incident:
    """Whoever may look at incidents, and whoever this one woke."""
    incident = reading.found(request, pk)
    user = cast(User, request.user)
    if not (user.has_perm("incidents.view_incident") or incident.responders.filter(person=user).exists()):
        raise PermissionDenied
    return incident


def _stamped(response: HttpResponse, stamp: str) -> HttpResponse:
    response["ETag"] = stamp
    patch_cache_control(response, no_cache=True, private=True)
    return response


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0

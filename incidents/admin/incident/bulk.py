"""Many incidents at once, after a page that says what will happen; each goes through its own door."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents import lifecycle
from incidents.admin.incident import deeds
from incidents.admin.incident.views import TEMPLATES, actor
from incidents.admin.shapes import incident_badge, severity_badge
from incidents.models import Incident
from oncall.admin.base import ConsoleAdmin

MOST = 200


def bulk(
    admin: ConsoleAdmin, request: HttpRequest, queryset: QuerySet[Incident], slug: str, title: str | Promise
) -> HttpResponse | None:
    """Ask first; on the second POST do it, and say for each that refused why. None: back to the list."""
    chosen = list(queryset.select_related("service", "severity", "acknowledged_by")[: MOST + 1])
    if not chosen:
        messages.error(request, _("None of these is there any more, or you may not see them."))
        return None
    if len(chosen) > MOST:
        messages.error(request, _("At most %(n)d at once; choose fewer.") % {"n": MOST})
        return None
    deed = deeds.DEEDS[slug]
    form = deed.form(request.POST if "sure" in request.POST else None, incident=chosen[0], request=request)
    if "sure" in request.POST and form.is_valid():
        _do_all(request, chosen, deed, form.cleaned_data)
        return None
    context = {
        "opts": Incident._meta,
        "rows": [(row, severity_badge(row.severity), incident_badge(row), deeds.possible(deed, row)) for row in chosen],
        "deed": deed,
        "form": form,
        "action": request.POST.get("action", ""),
        "checkbox": helpers.ACTION_CHECKBOX_NAME,
    }
    return admin.screen(request, f"{TEMPLATES}/bulk.html", str(title), context)


def _do_all(request: HttpRequest, chosen: list[Incident], deed: deeds.Deed, given: dict[str, Any]) -> None:
    now, by, done = timezone.now(), actor(request), 0
    for incident in chosen:
        if incident == given.get("into"):
            continue
        try:
            deed.do(incident, by, now, given)
        except (lifecycle.Refused, lifecycle.NotAllowed) as refused:
            messages.warning(request, f"{incident.number}: {refused.message}")
        else:
            done += 1
    if done:
        words = ngettext("%(what)s: %(n)d incident.", "%(what)s: %(n)d incidents.", done)
        messages.success(request, words % {"what": deed.label, "n": done})

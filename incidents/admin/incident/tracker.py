"""The team's own tracker, its new-ticket address filled in with what we know of an incident."""

import re
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from incidents.models import Incident, Severity

PLACES = re.compile(r"\{(title|description|link)\}")


def ticket_link(incident: Incident) -> str:
    """The address for an incident that never pages (service and team loaded); empty where the team has none.

    Only http and https: what an administrator typed must not become a script. Filled in one pass, so that a title
    cannot smuggle a placeholder in.
    """
    team = incident.service.team
    if team is None or incident.severity.page != Severity.Paging.NEVER:
        return ""
    values = {
        "title": f"[{incident.number}] {incident.title}",
        "description": _("%(level)s on %(service)s, opened %(at)s UTC.")
        % {
            "level": incident.severity.level,
            "service": incident.service.name,
            "at": f"{incident.opened_at:%Y-%m-%d %H:%M}",
        },
        "link": settings.SITE_URL + reverse("admin:incidents_incident_change", args=[incident.pk]),
    }
    link = PLACES.sub(lambda place: quote(values[place[1]], safe=""), team.tracker_url.strip())
    return link if is_web(link) else ""


def is_web(address: str) -> bool:
    """Whether a link may be shown: http or https with a host."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)

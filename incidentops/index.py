"""The console's first page: what needs a human now, what was learned and is not done, what is to be set up."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from incidents.admin import dashboard
from incidents.admin.steps import checklist
from postmortems.admin import due
from postmortems.admin.steps import CHECKLIST


def index(request: HttpRequest, frame: dict[str, Any]) -> dict[str, Any]:
    """What the theme asks for: the page's frame with the values of each app; `panels` stand beside the incidents."""
    return {
        **dashboard.index(request, frame),
        "panels": due.panels(request, timezone.now()),
        "checklist": checklist(request.user, CHECKLIST),
    }

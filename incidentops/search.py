"""The command palette: pages of the console by name, incidents by number, services, people."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from incidentops.navigation import navigation
from incidents.models import Incident, Service
from oncall.models import Schedule, Team, User

EACH = 6
MAX_TERM = 100


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the palette."""

    title: str
    description: str
    link: str
    icon: str


def answer(request: HttpRequest) -> HttpResponse:
    """What the palette lists for `?s=…`: at most six of each kind, only what this person may open."""
    term = request.GET.get("s", "").strip()[:MAX_TERM]
    if not term:
        return HttpResponse()
    found = [*_screens(request, term), *results(request, term)]
    pages = Paginator(found, len(found) or 1)
    extended = "extended" in request.GET
    template = "unfold/helpers/command_results.html" if extended else "unfold/helpers/search_results.html"
    context = {"page_obj": pages, "results": pages.page(1), "page_counter": 0, "execution_time": 0.0}
    return TemplateResponse(request, template, context, headers={"HX-Trigger": "search"})


def results(request: HttpRequest, term: str) -> list[Found]:
    """Objects by what people call them."""
    user = request.user
    named = Q(name__icontains=term)
    incidents = Incident.objects.visible_to(user).sought(term)
    kinds: list[tuple[str, Any, str, str]] = [
        ("incidents.incident", incidents, _("Incident"), "crisis_alert"),
        ("incidents.service", Service.objects.filter(named | Q(slug__icontains=term)), _("Service"), "dns"),
        ("oncall.schedule", Schedule.objects.filter(named), _("Schedule"), "calendar_month"),
        ("oncall.team", Team.objects.filter(named), _("Team"), "groups"),
        ("oncall.user", User.objects.filter(named | Q(username__icontains=term)), _("Person"), "person"),
    ]
    found: list[Found] = []
    for label, rows, words, icon in kinds:
        app, model = label.split(".")
        if not user.has_perm(f"{app}.view_{model}"):
            continue
        for row in rows[:EACH]:
            try:
                link = reverse(f"admin:{app}_{model}_change", args=[row.pk])
            except NoReverseMatch:
                break
            found.append(Found(title=str(row), description=words, link=link, icon=icon))
    return found


def _screens(request: HttpRequest, term: str) -> list[Found]:
    return [
        Found(title=str(item["title"]), description=str(group["title"]), link=item["link"], icon=item["icon"])
        for group in navigation(request)
        for item in group["items"]
        if term.lower() in str(item["title"]).lower()
    ]

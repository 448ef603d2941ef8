"""Declare an incident: a title and a service are enough."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t

from incidents import lifecycle
from incidents.admin.incident.views import TEMPLATES, actor
from incidents.lifecycle import rights
from incidents.lifecycle.opening import MAX_DESCRIPTION, MAX_TITLE
from incidents.models import Incident, Service, Severity
from oncall.admin.base import ConsoleAdmin
from oncall.models import User

BY_PEOPLE = [choice for choice in Incident.Detection.choices if choice[0] != Incident.Detection.ALERT]


class DeclareForm(forms.Form):
    title = forms.CharField(
        label=_t("What is wrong"),
        max_length=MAX_TITLE,
        widget=forms.TextInput({"autofocus": True}),
        help_text=_t("A few words, as a person affected would say it."),
    )
    service = forms.ModelChoiceField(Service.objects.order_by("name"), label=_t("Service"), empty_label="—")
    severity = forms.ModelChoiceField(
        Severity.objects.order_by("rank"), label=_t("Severity"), required=False, widget=forms.RadioSelect,
        empty_label=_t("the service's default"), blank=True,
    )  # fmt: skip
    description = forms.CharField(
        label=_t("What is known"), required=False, max_length=MAX_DESCRIPTION, widget=forms.Textarea({"rows": 4})
    )
    detection = forms.ChoiceField(
        label=_t("How it was noticed"), choices=BY_PEOPLE, initial=Incident.Detection.EMPLOYEE, required=False
    )
    private = forms.BooleanField(
        label=_t("Private"),
        required=False,
        help_text=_t("Seen only by its roles, its responders, those it pages, and the group Security."),
    )


def declare(admin: ConsoleAdmin, request: HttpRequest) -> HttpResponse:
    """The form, and the declaring. Raises PermissionDenied for who may not."""
    if not cast(User, request.user).has_perm(rights.DECLARE):
        raise PermissionDenied
    first: Any = {"service": request.GET.get("service", "")}
    posted = request.method == "POST"
    form = DeclareForm(request.POST if posted else None, initial=first, label_suffix="")
    if posted and form.is_valid():
        try:
            made = _declared(request, form.cleaned_data)
        except lifecycle.Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        else:
            messages.success(request, _("%(number)s is declared.") % {"number": made.number})
            return HttpResponseRedirect(reverse("admin:incidents_incident_change", args=[made.pk]))
    context = {"opts": Incident._meta, "form": form}
    status = 400 if posted else 200
    return admin.screen(request, f"{TEMPLATES}/declare.html", _("Declare an incident"), context, status)


def _declared(request: HttpRequest, given: dict[str, Any]) -> Incident:
    return lifecycle.declare(
        given["title"],
        given["service"],
        actor(request),
        timezone.now(),
        severity=given["severity"],
        private=given["private"],
        description=given["description"],
        detection=given["detection"] or Incident.Detection.EMPLOYEE,
    )

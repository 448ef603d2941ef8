"""Many action items at once: another due date or another owner, with one reason; each goes through its own verb."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t
from django.utils.translation import ngettext

from incidents.lifecycle import NotAllowed, Refused
from oncall.admin.base import ConsoleAdmin
from oncall.models import User
from postmortems import actions
from postmortems.admin import shapes
from postmortems.admin.forms import REASON, SUGGESTED, named
from postmortems.models import ActionItem
from postmortems.publishing import MAX_REASON

MOST = 200


class ReplanForm(forms.Form):
    to_on = forms.DateField(label=_t("New due date"), widget=forms.DateInput({"type": "date"}))
    reason = forms.CharField(
        label=_t("Why"), max_length=MAX_REASON, widget=REASON, help_text=_t("Kept with every one of them.")
    )

    def clean_to_on(self) -> Any:
        day = self.cleaned_data["to_on"]
        if day < timezone.localdate():
            raise forms.ValidationError(_("That day is over."))
        return day


class ReassignForm(forms.Form):
    owner = forms.CharField(
        label=_t("New owner"),
        max_length=150,
        help_text=_t("Name or username"),
        widget=forms.TextInput({"list": "suggest-owner", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_t("Why"), max_length=MAX_REASON, widget=REASON, help_text=_t("Kept with every one of them.")
    )

    def suggestions(self) -> list[tuple[str, list[tuple[str, str]]]]:
        people = User.objects.filter(is_active=True).order_by("name", "username").only("username", "name")
        return [("suggest-owner", [(person.username, str(person)) for person in people[:SUGGESTED]])]

    def clean_owner(self) -> User:
        return named(str(self.cleaned_data["owner"]))


Do = Callable[[ActionItem, dict[str, Any], User, datetime], object]


def replan(admin: ConsoleAdmin, request: HttpRequest, rows: QuerySet[ActionItem]) -> HttpResponse | None:
    """Ask for the date and the reason, then move them all. None: back to the list."""

    def do(row: ActionItem, given: dict[str, Any], by: User, now: datetime) -> object:
        return actions.move(row, given["to_on"], given["reason"], by, now)

    return _bulk(admin, request, rows, ReplanForm, do, _("Move the due date"))


def reassign(admin: ConsoleAdmin, request: HttpRequest, rows: QuerySet[ActionItem]) -> HttpResponse | None:
    """Ask for the owner and the reason, then hand them all over. None: back to the list."""

    def do(row: ActionItem, given: dict[str, Any], by: User, now: datetime) -> object:
        return actions.assign(row, given["owner"], given["reason"], by, now)

    return _bulk(admin, request, rows, ReassignForm, do, _("Hand over"))


def _bulk(
    admin: ConsoleAdmin, request: HttpRequest, rows: QuerySet[ActionItem], form_of: Any, do: Do, label: str
) -> HttpResponse | None:
    chosen = list(rows.select_related("owner", "postmortem__incident").order_by("due_on", "pk")[: MOST + 1])
    if not chosen:
        messages.error(request, _("None of these is there any more, or you may not see them."))
        return None
    if len(chosen) > MOST:
        messages.error(request, _("At most %(n)d at once; choose fewer.") % {"n": MOST})
        return None
    form = form_of(request.POST if "sure" in request.POST else None, label_suffix="")
    if "sure" in request.POST and form.is_valid():
        _do_all(request, chosen, form.cleaned_data, do, label)
        return None
    now = timezone.now()
    context = {
        "opts": ActionItem._meta,
        "rows": [(row, shapes.status_badge(row), shapes.due_day(row, now)) for row in chosen],
        "label": label,
        "form": form,
        "action": request.POST.get("action", ""),
        "checkbox": helpers.ACTION_CHECKBOX_NAME,
    }
    status = 400 if form.is_bound else 200
    return admin.screen(request, "admin/postmortems/replan.html", label, context, status)


def _do_all(request: HttpRequest, chosen: list[ActionItem], given: dict[str, Any], do: Do, label: str) -> None:
    """Who is refused is named with the reason; the others are done."""
    now, by, done = timezone.now(), cast(User, request.user), 0
    for row in chosen:
        try:
            do(row, given, by, now)
        except (Refused, NotAllowed) as refused:
            messages.warning(request, f"{row}: {refused.message}")
        else:
            done += 1
    if done:
        words = ngettext("%(what)s: %(n)d action item.", "%(what)s: %(n)d action items.", done)
        messages.success(request, words % {"what": label, "n": done})

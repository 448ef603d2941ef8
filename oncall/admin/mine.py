"""My on-call: a person's own shifts, addresses, rules and tokens. Needs no permission but to be signed in."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from oncall import handoffs, keys, paging, roster
from oncall.admin.deeds import DEEDS, awaits_code
from oncall.admin.forms import ContactMethodForm, DetailsForm, RuleForm, TokenForm
from oncall.logic.addresses import masked
from oncall.models import ContactMethod, HandoffSide, NotificationRule, Schedule, User

if TYPE_CHECKING:
    from oncall.admin.base import ConsoleAdmin


MAX_SCHEDULES = 200


class MyOnCall:
    """The page on GET, its buttons on POST to an address of their own; all of it works without script."""

    def __init__(self, admin: "ConsoleAdmin") -> None:
        self.admin = admin

    def show(self, request: HttpRequest, status: int = 200, **changed: Any) -> HttpResponse:
        """The page; `changed` is a form with errors, or a token that is shown this once."""
        person, now = _me(request), timezone.now()
        methods = list(person.contact_methods.order_by("id"))
        for method in methods:
            method.shown = masked(method.address)  # type: ignore[attr-defined]
            method.awaited = awaits_code(method, now)  # type: ignore[attr-defined]
        context = {
            "person": person,
            "shifts": [(shift, shift.start <= now) for shift in roster.next_shifts(person, now, 8)],
            "handoffs": [_handoff(side, now) for side in handoffs.ahead_or_unsigned(person, now)],
            "longest_note": handoffs.MAX_NOTE,
            "calendars": person.calendar_feeds.filter(revoked_at=None).select_related("schedule"),
            "schedules": Schedule.objects.order_by("name")[:MAX_SCHEDULES] if _sees_schedules(person) else [],
            "methods": methods,
            "rules": person.notification_rules.select_related("contact_method"),
            "tokens": person.api_tokens.all()[: keys.MAX_API_TOKENS],
            "reachable": bool(paging.reachable({person.pk})),
            "method_form": ContactMethodForm(instance=ContactMethod(user=person), auto_id="method_%s"),
            "rule_form": RuleForm(instance=NotificationRule(user=person), auto_id="rule_%s"),
            "token_form": TokenForm(auto_id="token_%s"),
            "details_form": DetailsForm(instance=person, auto_id="details_%s"),
            "now": now,
            **changed,
        }
        response = self.admin.screen(request, "admin/oncall/mine.html", _("My on-call"), context, status)
        response["Cache-Control"] = "no-store"
        return response

    @method_decorator(sensitive_post_parameters())
    def act(self, request: HttpRequest, what: str) -> HttpResponse:
        """One button of the page."""
        action = DEEDS.get(what)
        if action is None:
            raise Http404
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:oncall_mine"))
        answer = action(request, _me(request), timezone.now())
        if answer is None:
            return HttpResponseRedirect(reverse("admin:oncall_mine"))
        return self.show(request, **answer)


def _me(request: HttpRequest) -> User:
    return cast(User, request.user)


def _sees_schedules(person: User) -> bool:
    return person.has_perm("oncall.view_schedule")


def _handoff(side: HandoffSide, now: datetime) -> dict[str, Any]:
    """A line of the page."""
    return {
        "side": side,
        "outgoing": side.side == HandoffSide.Side.OUTGOING,
        "others": handoffs.names(handoffs.counterparts(side)),
        "notes": handoffs.notes_for(side),
        "over": side.handoff.at <= now,
    }

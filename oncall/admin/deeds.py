"""The buttons of My on-call, each on somebody's own rows only."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from oncall import accounts, contacts, keys, outbox
from oncall.admin import duties
from oncall.admin.duties import Answer, number
from oncall.admin.forms import ContactMethodForm, DetailsForm, RuleForm, TokenForm
from oncall.logic.addresses import masked
from oncall.models import ContactMethod, Notification, NotificationRule, User
from oncall.outbox import Draft

MAX_METHODS: Final = 20
TESTS_PER_HOUR: Final = 10


def _add_method(request: HttpRequest, person: User, now: datetime) -> Answer:
    form = ContactMethodForm(request.POST, instance=ContactMethod(user=person), auto_id="method_%s")
    if person.contact_methods.count() >= MAX_METHODS:
        form.add_error(None, _("That is enough: remove one first."))
    if not form.is_valid():
        return {"method_form": form}
    accounts.confirm_it_is_them(request)
    with transaction.atomic():
        contacts.tell_of_change(person, contacts.counting(person), str(person), now)
        method = form.save()
        NotificationRule.objects.create(user=person, contact_method=method, urgency="high")
        contacts.start_verification(method, now)
    _code_is_on_its_way(request, method)
    return None


def _send_code(request: HttpRequest, person: User, now: datetime) -> Answer:
    method = _method(request, person)
    try:
        contacts.start_verification(method, now)
    except contacts.TooManyCodes as error:
        messages.error(request, str(error))
    else:
        _code_is_on_its_way(request, method)
    return None


def _confirm(request: HttpRequest, person: User, now: datetime) -> Answer:
    method = _method(request, person)
    if contacts.confirm(method, request.POST.get("code", "")[:20], now):
        messages.success(request, _("%(name)s is verified: pages can be sent there.") % {"name": method.slug})
    else:
        messages.error(request, _("That is not the code, or it does not hold any more. Ask for a new one."))
    return None


def _test(request: HttpRequest, person: User, now: datetime) -> Answer:
    method = _method(request, person)
    if method.verified_at is None:
        messages.error(request, _("%(name)s is not verified yet: send a code first.") % {"name": method.slug})
        return None
    recent = Notification.objects.filter(
        kind=Notification.Kind.TEST, contact_method=method, created_at__gt=now - timedelta(hours=1)
    )
    if recent.count() >= TESTS_PER_HOUR:
        messages.error(request, _("That was tested often enough for one hour."))
        return None
    template = Draft(
        key=f"test:{keys.new_key(16)}",
        kind=Notification.Kind.TEST,
        title=_("Test of your pager"),
        text=_("You asked for this message in the console. A page will reach you here."),
        link=settings.SITE_URL + reverse("admin:oncall_mine"),
        private=True,
    )
    outbox.post([outbox.to_contact(person, method, template, now)], now)
    messages.success(request, _("A test is on its way to %(address)s.") % {"address": masked(method.address)})
    return None


def _remove_method(request: HttpRequest, person: User, now: datetime) -> Answer:
    method = _method(request, person)
    name = method.slug
    accounts.confirm_it_is_them(request)
    with transaction.atomic():
        contacts.tell_of_change(person, contacts.counting(person), str(person), now)
        method.delete()
    messages.success(request, _("%(name)s is removed.") % {"name": name})
    return None


def _add_rule(request: HttpRequest, person: User, now: datetime) -> Answer:
    form = RuleForm(request.POST, instance=NotificationRule(user=person), auto_id="rule_%s")
    if not form.is_valid():
        return {"rule_form": form}
    form.save()
    return None


def _remove_rule(request: HttpRequest, person: User, now: datetime) -> Answer:
    get_object_or_404(NotificationRule, pk=number(request), user=person).delete()
    return None


def _add_token(request: HttpRequest, person: User, now: datetime) -> Answer:
    form = TokenForm(request.POST, auto_id="token_%s")
    if not form.is_valid():
        return {"token_form": form}
    try:
        token = keys.issue_api_token(person, form.cleaned_data["scope"], now, form.cleaned_data["name"])
    except keys.TooManyTokens as error:
        form.add_error(None, str(error))
        return {"token_form": form}
    return {"new_token": token}


def _revoke_token(request: HttpRequest, person: User, now: datetime) -> Answer:
    person.api_tokens.filter(pk=number(request), revoked_at=None).update(revoked_at=now)
    messages.success(request, _("The token is revoked; it opens nothing any more."))
    return None


def _details(request: HttpRequest, person: User, now: datetime) -> Answer:
    form = DetailsForm(request.POST, instance=User.objects.get(pk=person.pk), auto_id="details_%s")
    if not form.is_valid():
        return {"details_form": form}
    form.save()
    messages.success(request, _("Saved."))
    return None


DEEDS: dict[str, Callable[[HttpRequest, User, datetime], Answer]] = {
    "add-method": _add_method,
    "send-code": _send_code,
    "confirm": _confirm,
    "test": _test,
    "remove-method": _remove_method,
    "add-rule": _add_rule,
    "remove-rule": _remove_rule,
    "add-token": _add_token,
    "revoke-token": _revoke_token,
    "details": _details,
    **duties.DEEDS,
}


def _method(request: HttpRequest, person: User) -> ContactMethod:
    return get_object_or_404(ContactMethod, pk=number(request), user=person)


def awaits_code(method: ContactMethod, now: datetime) -> bool:
    """Whether a code was sent that still holds."""
    return bool(method.code_digest) and method.code_expires_at is not None and now < method.code_expires_at


def _code_is_on_its_way(request: HttpRequest, method: ContactMethod) -> None:
    until = timezone.localtime(method.code_expires_at).strftime("%H:%M %Z") if method.code_expires_at else ""
    words = _("A code is on its way to %(address)s. It holds until %(until)s.")
    messages.success(request, words % {"address": masked(method.address), "until": until})

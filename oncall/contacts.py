"""Contact methods count only once their owner has shown that messages sent there arrive."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from oncall import keys, outbox
from oncall.models import ContactMethod, Notification, User
from oncall.outbox import Draft

CODE_LIFETIME: Final = timedelta(minutes=10)
MAX_TRIES: Final = 5
MAX_CODES_PER_HOUR: Final = 5
LINK_PURPOSE: Final = "contact"

_STAMP_DIGITS: Final = 16
_MINE: Final = ["code_digest", "code_expires_at", "code_tries"]


class TooManyCodes(Exception):  # noqa: N818
    """Enough codes for one hour: guessing must not be had by asking anew, nor somebody's mailbox be filled."""


@transaction.atomic
def start_verification(contact_method: ContactMethod, now: datetime) -> None:
    """Post a code of six digits, and a link that does the same, to the address. Both hold for 10 minutes and five
    tries; an earlier code ends. Raises TooManyCodes at the sixth within an hour."""
    method = _locked(contact_method)
    recent = Notification.objects.filter(
        kind=Notification.Kind.CODE, contact_method=method, created_at__gt=now - timedelta(hours=1)
    )
    if recent.count() >= MAX_CODES_PER_HOUR:
        raise TooManyCodes(_("%d codes were sent within the last hour; try again later.") % MAX_CODES_PER_HOUR)
    code = f"{secrets.randbelow(1_000_000):06d}"
    method.code_digest = _digest(method, code)
    method.code_expires_at = now + CODE_LIFETIME
    method.code_tries = 0
    method.save_without_historical_record(update_fields=_MINE)  # type: ignore[attr-defined]
    template = Draft(
        key=f"code:{keys.new_key(16)}",
        kind=Notification.Kind.CODE,
        title=_("Your code: %s") % code,
        text=_(
            "Somebody, probably you, wants %(person)s to be paged at this address. The code is %(code)s; it holds for"
            " 10 minutes. You can open the link instead. If it was not you, ignore this message."
        )
        % {"person": method.user, "code": code},
        link=keys.signed_link(LINK_PURPOSE, method.pk, method.code_digest[:_STAMP_DIGITS], now),
        private=True,
        give_up_at=now + CODE_LIFETIME,
    )
    outbox.post([outbox.to_contact(method.user, method, template, now)], now)
    contact_method.refresh_from_db()


@transaction.atomic
def confirm(contact_method: ContactMethod, code: str, now: datetime) -> bool:
    """Whether `code` is the one sent to the address as it is now; if so the contact method is verified."""
    method = _locked(contact_method)
    if not _awaited(method, now) or method.code_tries >= MAX_TRIES:
        return False
    method.code_tries += 1
    method.save_without_historical_record(update_fields=_MINE)  # type: ignore[attr-defined]
    right = constant_time_compare(method.code_digest, _digest(method, code.strip()[:20]))
    if right:
        _verify(method, now)
        contact_method.refresh_from_db()
    return right


def awaiting(token: str, now: datetime) -> ContactMethod | None:
    """The contact method whose code the token of /l/<token>/ stands for; None once it is used, replaced or old."""
    link = keys.read_signed_link(token)
    if link is None or link.purpose != LINK_PURPOSE:
        return None
    # Somebody who has left keeps no key to the house.
    method = ContactMethod.objects.select_related("user").filter(pk=link.number, user__is_active=True).first()
    if method is None or not _awaited(method, now):
        return None
    return method if constant_time_compare(method.code_digest[:_STAMP_DIGITS], link.stamp) else None


@transaction.atomic
def confirm_link(token: str, now: datetime) -> bool:
    """Verify the contact method of the token of /l/<token>/; False once it is used, replaced or old."""
    found = awaiting(token, now)
    if found is None:
        return False
    _locked(found)
    method = awaiting(token, now)
    if method is None:
        return False
    _verify(method, now)
    return True


def counting(person: User) -> list[ContactMethod]:
    """The person's verified contact methods as they are now: take them before a change, to tell them of it."""
    return [method for method in person.contact_methods.order_by("id") if method.verified_at is not None]


def tell_of_change(person: User, before: Sequence[ContactMethod], by: str, now: datetime) -> None:
    """Say at each address that counted before the change that the contact methods were changed, and by whom: whoever
    was moved out of the way hears of it at the old address."""
    template = Draft(
        key=f"changed:{keys.new_key(16)}",
        kind=Notification.Kind.ACCOUNT,
        title=_("Your contact methods were changed"),
        text=_(
            "%(by)s changed where %(person)s is paged. This address was one of them until now. If you did not want"
            " this, look at My on-call in the console and tell your administrator."
        )
        % {"by": by, "person": person},
        private=True,
    )
    # The row may be gone by now: the message is of the address, not of the contact method.
    drafts = [outbox.to_contact(person, method, template, now) for method in before]
    outbox.post([draft._replace(contact_method_id=None) for draft in drafts], now)


def _locked(contact_method: ContactMethod) -> ContactMethod:
    return ContactMethod.objects.select_for_update(of=("self",)).select_related("user").get(pk=contact_method.pk)


def _awaited(method: ContactMethod, now: datetime) -> bool:
    return bool(method.code_digest) and method.code_expires_at is not None and now < method.code_expires_at


def _verify(method: ContactMethod, now: datetime) -> None:
    method.verified_at = now
    method.code_digest, method.code_expires_at, method.code_tries = "", None, 0
    method.save(update_fields=[*_MINE, "verified_at"])


def _digest(method: ContactMethod, code: str) -> str:
    """Bound to the address, so that a code sent to the old one does not vouch for a new one."""
    return keys.digest(f"contact:{method.pk}:{method.address}:{code}")

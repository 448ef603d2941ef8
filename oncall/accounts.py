"""Accounts as allauth sees them: the lock on guessing, claims to groups, its mail through the outbox."""

import base64
import time
from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import urlsplit

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import (
    get_reauthentication_flows,
    raise_if_reauthentication_required,
)
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.ratelimit import get_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oncall import keys, outbox
from oncall.models import Notification, User
from oncall.outbox import Draft

log = structlog.get_logger(__name__)

MANAGERS: Final = "Manager"
RESET: Final = "account/email/password_reset_key"


class Accounts(DefaultAccountAdapter):
    """Accounts of our own. Nobody signs up; guesses are counted per name and address."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": gettext_lazy(
            "Too many wrong passwords for this name from your network address. Signing in is locked here for 15"
            " minutes, also with the right password. Pages still reach you, and their links work without signing in."
        ),
        "username_password_mismatch": gettext_lazy("This name and this password do not belong together."),
        "incorrect_password": gettext_lazy("That is not your password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        """A malformed address, such as http://[, is no place to go to; allauth's own judgement raises for it."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The client's address behind as many proxies as are trusted; a request that came past them: its own."""
        try:
            return str(super().get_client_ip(request))
        except (ImproperlyConfigured, PermissionDenied):
            log.warning("client_address_unclear", forwarded=request.headers.get("x-forwarded-for", "")[:200])
            return str(request.META.get("REMOTE_ADDR") or "0.0.0.0")  # noqa: S104  # a name for "unknown"

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return f"{str(credentials.get('username', '')).casefold()}@{get_ip(request)}"

    def pre_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse | None:
        """Where single sign-on is the rule, only the break-glass account gets in without it."""
        single = "sociallogin" in (more.get("signal_kwargs") or {})
        if settings.OIDC_ONLY and not single and user.username != settings.BREAK_GLASS_USER:
            messages.error(request, _("People sign in with %s here.") % settings.OIDC_NAME)
            return HttpResponseRedirect(reverse("account_login"))
        return cast("HttpResponse | None", super().pre_login(request, user, **more))

    def post_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse:
        single = "sociallogin" in (more.get("signal_kwargs") or {})
        if settings.OIDC_ISSUER and not single and user.username == settings.BREAK_GLASS_USER:
            tell_of_break_glass(user, self.get_client_ip(request))
        return cast(HttpResponse, super().post_login(request, user, **more))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Under our own address, whatever host the request named: else anybody could have a good key mailed in a link
        to a host of theirs."""
        return f"{settings.SITE_URL}{urlsplit(super().get_reset_password_from_key_url(key)).path}"

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Only to the account's own address, and only where a password opens it."""
        if user.is_active and user.has_usable_password() and email.casefold() == user.email.casefold():
            self._post(user, RESET, {**context, "email": email})

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """What changed about an account is told to its address."""
        told = {"timestamp": timezone.now(), "ip": self.get_client_ip(self.request), "user_agent": ""}
        self._post(user, template_prefix, {**told, **(context or {})})

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """allauth's other mails are of sign-up and verification, which we do not have."""
        log.info("mail_not_sent", template=template_prefix)

    def _post(self, user: User, template_prefix: str, context: dict[str, Any]) -> None:
        site = {"name": "IncidentOps", "domain": settings.SITE_URL}
        values = {"request": self.request, "current_site": site, "user": user, **context}
        title = " ".join(render_to_string(f"{template_prefix}_subject.txt", values).split())
        text = render_to_string(f"{template_prefix}_message.txt", values).strip()
        # A link that sets a password is as secret as a code: the console shows neither.
        kind = Notification.Kind.CODE if template_prefix == RESET else Notification.Kind.ACCOUNT
        now = timezone.now()
        draft = Draft(key=f"account:{keys.new_key(16)}", kind=kind, title=title, text=text, private=True)
        outbox.post(outbox.to_account(user, draft, now), now)


class Factors(DefaultMFAAdapter):
    """Second factors. Their secrets are encrypted under a key derived from SECRET_KEY."""

    def get_totp_label(self, user: Any) -> str:
        return str(user.username)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """What a browser shows while it asks for a passkey: the product, not its address."""
        return {**super().get_public_key_credential_rp_entity(), "name": settings.MFA_TOTP_ISSUER}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        return {**super().get_public_key_credential_user_entity(user), "display_name": str(user)}

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


class SingleSignOn(DefaultSocialAccountAdapter):
    """OpenID Connect. An account is known by issuer and subject, never by a mail address or a name."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return bool(settings.OIDC_ISSUER)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Raises PermissionDenied where the answers are not about one subject of our issuer (Core 1.0, 5.3.2)."""
        data = sociallogin.account.extra_data
        token, info = data.get("id_token") or {}, data.get("userinfo") or {}
        if str(token.get("iss", "")).rstrip("/") != settings.OIDC_ISSUER.rstrip("/"):
            raise PermissionDenied(_("The identity provider answered for another issuer."))
        if info and info.get("sub") != token.get("sub"):
            raise PermissionDenied(_("The identity provider's answers are about two people."))
        if sociallogin.is_existing and sociallogin.state.get("process") != "connect":
            take_groups(cast(User, sociallogin.user), data)

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Any:
        user = super().populate_user(request, sociallogin, data)
        given, family = data.get("first_name") or "", data.get("last_name") or ""
        user.name = str(data.get("name") or f"{given} {family}".strip())[:150]
        user.is_staff = True
        return user

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> Any:
        """A new account: active, in the groups that its claims give, which may be none."""
        user = super().save_user(request, sociallogin, form)
        take_groups(user, sociallogin.account.extra_data)
        log.info("account_made_by_single_sign_on", username=user.username)
        return user


def take_groups(user: User, data: dict[str, Any]) -> None:
    """Bring the person into, and out of, the groups that OIDC_GROUPS names; other groups are left alone."""
    mapping: list[tuple[str, str]] = settings.OIDC_GROUPS
    if not mapping:
        return
    claims = {**(data.get("id_token") or {}), **(data.get("userinfo") or {})}
    said = claims.get(settings.OIDC_GROUPS_CLAIM) or []
    words = {said} if isinstance(said, str) else {str(word) for word in said if isinstance(word, str)}
    wanted = {group for word, group in mapping if word in words}
    theirs = set(user.groups.values_list("name", flat=True))
    managed = {group for _word, group in mapping}
    if theirs & managed == wanted:
        return
    user.groups.remove(*Group.objects.filter(name__in=managed - wanted))
    user.groups.add(*Group.objects.filter(name__in=wanted))
    log.info("groups_by_claims", username=user.username, groups=sorted(wanted))


def confirm_it_is_them(request: HttpRequest) -> None:
    """Go on only where the person proved lately (5 minutes) who they are. Else raises what leads them to the proof,
    by password or second factor, and then back to what they were doing; who signs in elsewhere signs in there anew."""
    if get_reauthentication_flows(request.user):
        raise_if_reauthentication_required(request, app="")
        return
    since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    if any(record["at"] >= since for record in get_authentication_records(request, cast(User, request.user))):
        return
    if not settings.OIDC_ISSUER:
        raise PermissionDenied(_("Sign in anew to change this."))
    way = {"process": "login", "next": reverse("admin:oncall_mine"), "auth_params": "prompt=login"}
    raise ImmediateHttpResponse(HttpResponseRedirect(f"{reverse('openid_connect_login')}?{urlencode(way)}"))


@transaction.atomic
def forget_factors(person: User, by: User, now: datetime) -> None:
    """Remove every second factor of somebody who lost theirs. It stands in the account's history, and is told to the
    account's address."""
    Authenticator.objects.filter(user=person).delete()
    person._change_reason = _("second factors removed by %(by)s") % {"by": by.username[:50]}  # type: ignore[attr-defined]
    person.save()
    draft = Draft(
        key=f"factors:{keys.new_key(16)}",
        kind=Notification.Kind.ACCOUNT,
        title=_("Your second factors were removed"),
        text=_(
            "%(by)s removed the second factors of your account %(name)s: the password alone opens it until you add a"
            " new one under Second factors and passkeys. If you did not ask for this, tell your administrator now."
        )
        % {"by": by, "name": person.username},
        private=True,
    )
    outbox.post(outbox.to_account(person, draft, now), now)
    log.warning("second_factors_removed", username=person.username, by=by.username)


def tell_of_break_glass(user: User, address: str) -> None:
    """Log it, and tell everybody who manages, that the account for emergencies was used."""
    now = timezone.now()
    log.warning("break_glass_used", username=user.username, address=address)
    draft = Draft(
        key=f"break-glass:{keys.new_key(16)}",
        kind=Notification.Kind.ACCOUNT,
        title=_("The break-glass account was used"),
        text=_(
            "%(name)s signed in with a password from %(address)s, past single sign-on. If nobody of you did this,"
            " somebody has that password: change it and look at what was done."
        )
        % {"name": user.username, "address": address},
        private=True,
    )
    managers = User.objects.filter(Q(groups__name=MANAGERS) | Q(is_superuser=True), is_active=True).distinct()
    outbox.post([d for person in managers for d in outbox.to_person_once(person, draft, now)], now)


def _cipher() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(salted_hmac("oncall.accounts", "factors", algorithm="sha256").digest()))

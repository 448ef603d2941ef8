"""The pages of signing in: allauth's views in the console's frame, only those that are needed."""

from collections.abc import Callable
from typing import Any

from allauth.account import views as account
from allauth.account.forms import LoginForm
from allauth.account.views import LoginView
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount import views as linked
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, re_path, reverse
from django.utils.translation import gettext as _

from incidentops.console import relaxed

OURS = ("/account/", "/admin/login/")
LOCKED = "too_many_login_attempts"
LOCK_SECONDS = 15 * 60


class SignInForm(LoginForm):
    """allauth's, its first field named as Django's own form has it: programs and password managers know that name."""

    def add_prefix(self, field_name: str) -> str:
        return str(super().add_prefix("username" if field_name == "login" else field_name))


class SignInView(LoginView):
    """The one way in for people; guesses are counted by allauth, whoever asks."""

    form_class = SignInForm
    template_name = "account/login.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        """A lock is also said in the answer's status, for programs."""
        response: HttpResponse = super().form_invalid(form)
        if form.has_error("__all__", LOCKED):
            response.status_code = 429
            response["Retry-After"] = str(LOCK_SECONDS)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {
            **context,
            "single_sign_on": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
            "only_single_sign_on": settings.OIDC_ONLY,
            "password_reset": settings.PASSWORD_RESET_BY_MAIL,
        }


sign_in = relaxed(SignInView.as_view())


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: what the console's layout needs, on the pages of signing in. Made once a request."""
    if not request.path.startswith(OURS):
        return {}
    made: dict[str, Any] | None = getattr(request, "_console_frame", None)
    if made is None:
        request.current_app = admin.site.name
        made = admin.site.each_context(request)
        request._console_frame = made  # type: ignore[attr-defined]
    return made


def no_password(request: HttpRequest) -> HttpResponse:
    """An account that signs in elsewhere gets no password here: it would be a second way in that nobody watches."""
    messages.info(request, _("Your account has no password here; you sign in with %s.") % settings.OIDC_NAME)
    return HttpResponseRedirect(reverse("mfa_index"))


def _page(route: str, view: Callable[..., Any], name: str, **fixed: Any) -> URLPattern:
    return path(f"account/{route}", relaxed(view), fixed, name=name)


urlpatterns: list[URLPattern] = [
    path("admin/login/", sign_in, name="account_login"),
    _page("logout/", account.logout, "account_logout"),
    _page("inactive/", account.account_inactive, "account_inactive"),
    _page("reauthenticate/", account.reauthenticate, "account_reauthenticate"),
    _page("password/", account.password_change, "account_change_password"),
    _page("password/none/", no_password, "account_set_password"),
    _page("security/", factors.index, "mfa_index"),
    _page("security/authenticate/", factors.authenticate, "mfa_authenticate"),
    _page("security/reauthenticate/", factors.reauthenticate, "mfa_reauthenticate"),
    _page("security/totp/activate/", totp.activate_totp, "mfa_activate_totp"),
    _page("security/totp/deactivate/", totp.deactivate_totp, "mfa_deactivate_totp"),
    _page("security/codes/", recovery.view_recovery_codes, "mfa_view_recovery_codes"),
    _page("security/codes/generate/", recovery.generate_recovery_codes, "mfa_generate_recovery_codes"),
    _page("security/codes/download/", recovery.download_recovery_codes, "mfa_download_recovery_codes"),
    _page("security/keys/", passkeys.list_webauthn, "mfa_list_webauthn"),
    _page("security/keys/add/", passkeys.add_webauthn, "mfa_add_webauthn"),
    _page("security/keys/login/", passkeys.login_webauthn, "mfa_login_webauthn"),
    _page("security/keys/reauthenticate/", passkeys.reauthenticate_webauthn, "mfa_reauthenticate_webauthn"),
    _page("security/keys/<int:pk>/remove/", passkeys.remove_webauthn, "mfa_remove_webauthn"),
    _page("security/keys/<int:pk>/edit/", passkeys.edit_webauthn, "mfa_edit_webauthn"),
]
if settings.PASSWORD_RESET_BY_MAIL:
    urlpatterns += [
        _page("reset/", account.password_reset, "account_reset_password"),
        _page("reset/sent/", account.password_reset_done, "account_reset_password_done"),
        _page("reset/done/", account.password_reset_from_key_done, "account_reset_password_from_key_done"),
        # The account's key ends at the first hyphen; the other part has some of its own.
        re_path(
            r"^account/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
            relaxed(account.password_reset_from_key),
            name="account_reset_password_from_key",
        ),
    ]
if settings.OIDC_ISSUER:
    urlpatterns += [
        _page("linked/", linked.connections, "socialaccount_connections"),
        _page("linked/cancelled/", linked.login_cancelled, "socialaccount_login_cancelled"),
        _page("linked/error/", linked.login_error, "socialaccount_login_error"),
        _page("oidc/login/", oidc.login, "openid_connect_login", provider_id=settings.OIDC_ISSUER),
        _page("oidc/callback/", oidc.callback, "openid_connect_callback", provider_id=settings.OIDC_ISSUER),
    ]

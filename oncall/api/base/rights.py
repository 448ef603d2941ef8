"""Who is asking and what they may do: bearer tokens, and Django's permissions, `view` included."""

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import SAFE_METHODS, DjangoModelPermissions, IsAuthenticated
from rest_framework.request import Request

from oncall import keys
from oncall.models import ApiToken, User

if TYPE_CHECKING:
    # The framework imports this module while it makes its own views.
    from rest_framework.views import APIView


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer <token>`; the token itself becomes `request.auth`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise exceptions.AuthenticationFailed(_("Write the header as: Authorization: Bearer <token>"))
        token = keys.find_api_token(words[1].decode("ascii", "replace"), timezone.now())
        if token is None or not token.user.is_active:
            raise exceptions.AuthenticationFailed(_("This token is unknown or revoked."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def may_write(request: Request) -> bool:
    """Whether the credentials allow changes at all: a read token never does, whatever its owner may."""
    return not isinstance(request.auth, ApiToken) or request.auth.scope == ApiToken.Scope.WRITE


def person(request: Request) -> User:
    """Whoever is signed in. The permissions below let nobody else come so far."""
    if not isinstance(request.user, User):
        raise exceptions.NotAuthenticated
    return request.user


class ModelRights(DjangoModelPermissions):
    """Django's model permissions, `view` included; a token of scope read only reads."""

    perms_map = {
        **DjangoModelPermissions.perms_map,
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
        "OPTIONS": ["%(app_label)s.view_%(model_name)s"],
    }

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if request.method not in SAFE_METHODS and not may_write(request):
            return False
        return bool(super().has_permission(request, view))


class ChangeRights(ModelRights):
    """For verbs on configuration: a POST changes the row, so it asks for the right to change it."""

    perms_map = {**ModelRights.perms_map, "POST": ["%(app_label)s.change_%(model_name)s"]}


class SignedIn(IsAuthenticated):
    """Anybody with an account, where the door itself judges the person; a token of scope read only reads."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        allowed: Any = super().has_permission(request, view)
        return bool(allowed) and (request.method in SAFE_METHODS or may_write(request))

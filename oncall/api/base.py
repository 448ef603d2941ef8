"""What every REST view shares: tokens, rights, cursors, and errors as problem details (RFC 9457)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelError
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import SAFE_METHODS, DjangoModelPermissions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback

from oncall import keys
from oncall.models import ApiToken, User


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


class ModelRights(DjangoModelPermissions):
    """Django's model permissions, `view` included; a token of scope read only reads."""

    perms_map = {
        **DjangoModelPermissions.perms_map,
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
        "OPTIONS": ["%(app_label)s.view_%(model_name)s"],
    }

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method not in SAFE_METHODS and not may_write(request):
            return False
        return bool(super().has_permission(request, view))


class Cursor(CursorPagination):
    """{"next", "previous", "results"}, newest first, stable while rows are added."""

    page_size = 50
    max_page_size = 500
    page_size_query_param = "limit"
    ordering: Any = "-id"


def _errors(detail: Any, path: str = "") -> list[dict[str, str]]:
    """Flatten DRF's nested errors to [{"field", "message"}], the field as a dotted path."""
    if isinstance(detail, dict):
        return [e for name, inner in detail.items() for e in _errors(inner, f"{path}.{name}" if path else str(name))]
    if isinstance(detail, list):
        flat: list[dict[str, str]] = []
        for index, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            flat += _errors(inner, f"{path}[{index}]" if nested else path)
        return flat
    return [{"field": path, "message": str(detail)}]


def problem(code: int, title: str, detail: str = "", errors: list[dict[str, str]] | None = None) -> Response:
    """A problem document; `errors` name the fields."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": code, "detail": detail or title}
    if errors:
        body["errors"] = errors
    return Response(body, status=code, content_type="application/problem+json")


def problem_details(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler in RFC 9457's shape; unknown errors stay errors (500)."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(str(error) or None)
    elif isinstance(error, ModelError):
        error = exceptions.ValidationError(getattr(error, "message_dict", None) or error.messages)
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    if isinstance(error, exceptions.ValidationError):
        errors = [{**e, "field": e["field"].removeprefix("non_field_errors")} for e in _errors(error.detail)]
        first = errors[0] if errors else {"field": "", "message": ""}
        detail = f"{first['field']}: {first['message']}" if first["field"] else first["message"]
        return problem(status.HTTP_400_BAD_REQUEST, _("Invalid input"), detail, errors)
    response = problem(error.status_code, str(error.default_detail), str(error.detail))
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(int(wait))
    return response

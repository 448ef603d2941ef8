"""Errors as problem details (RFC 9457), with the fields named."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelError
from django.db import IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from oncall.api.base.refusals import Conflict, TooLarge
from oncall.paging import NothingLeft


def problem(code: int, title: str, detail: str = "", errors: list[dict[str, str]] | None = None) -> Response:
    """A problem document; `errors` name the fields."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": code, "detail": detail or title}
    if errors:
        body["errors"] = errors
    return Response(body, status=code, content_type="application/problem+json")


def problem_details(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler in RFC 9457's shape; unknown errors stay errors (500)."""
    error = _as_api_error(error)
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


def _as_api_error(error: Exception) -> Exception:
    match error:
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied(str(error) or None)
        case ModelError():
            return exceptions.ValidationError(getattr(error, "message_dict", None) or error.messages)
        case RequestDataTooBig():
            return TooLarge(_("The body is too large."))
        case NothingLeft():
            return Conflict(_("There is no step left to run; page somebody by name."))
        case ProtectedError() | RestrictedError():
            return Conflict(_("Other rows still need this one, incidents for example."))
        case IntegrityError():
            # The serializers check first: somebody else was quicker.
            return Conflict(_("Somebody else changed this at the same time; read it again."))
    return error


def _errors(detail: Any, path: str = "") -> list[dict[str, str]]:
    """Flatten DRF's nested errors to [{"field", "message"}], the field as a dotted path."""
    if isinstance(detail, dict):
        return [e for name, inner in detail.items() for e in _errors(inner, _below(path, name))]
    if isinstance(detail, list):
        flat: list[dict[str, str]] = []
        for index, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            flat += _errors(inner, f"{path}[{index}]" if nested else path)
        return flat
    return [{"field": path, "message": str(detail)}]


def _below(path: str, name: str | int) -> str:
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else name

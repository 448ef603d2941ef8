"""Postmortems in and out through the API: thin doors to `exchange`."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from oncall.api.base.rights import person
from oncall.api.base.serializers import Strict
from oncall.models import User
from postmortems import exchange, rights
from postmortems.api.doors import body, done
from postmortems.exchange import FORMATS, MAX_BYTES, PdfMissing, Understood, Unreadable
from postmortems.models import Postmortem


class ImportBody(Strict):
    text = serializers.CharField(
        max_length=MAX_BYTES, trim_whitespace=False, help_text="The file: YAML, Markdown, or JSON as it is exported."
    )
    name = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default="", help_text="Its name, such as outage.yaml."
    )
    check_only = serializers.BooleanField(required=False, default=False, help_text="Say what would be made.")


class UnplacedSerializer(serializers.Serializer[Any]):
    where = serializers.CharField()
    line = serializers.IntegerField(allow_null=True)
    text = serializers.CharField()
    reason = serializers.CharField()


class ImportNoteSerializer(serializers.Serializer[Any]):
    where = serializers.CharField()
    message = serializers.CharField()


class UnknownPersonSerializer(serializers.Serializer[Any]):
    where = serializers.CharField()
    name = serializers.CharField()


class ImportFindingSerializer(serializers.Serializer[Any]):
    rule = serializers.CharField()
    group = serializers.CharField()
    message = serializers.CharField()
    where = serializers.CharField()


class StatedDurationSerializer(serializers.Serializer[Any]):
    minutes = serializers.FloatField()
    equals = serializers.ListField(child=serializers.CharField())
    differs = serializers.BooleanField()
    compared_with = serializers.CharField(allow_null=True)
    difference_minutes = serializers.FloatField(allow_null=True)


class ImportedSerializer(serializers.Serializer[Any]):
    """One postmortem of the file. `number` is null where it was only looked at."""

    number = serializers.CharField(allow_null=True)
    title = serializers.CharField()
    durations = serializers.DictField(child=serializers.FloatField(), help_text="Minutes by name.")
    stated = StatedDurationSerializer(allow_null=True)
    unplaced = UnplacedSerializer(many=True, help_text="What has no place in it.")
    unknown = UnknownPersonSerializer(many=True, help_text="People who are no account here: kept as text.")
    notes = ImportNoteSerializer(many=True)
    findings = ImportFindingSerializer(many=True, help_text="What is missing before it can be published.")


class ImportedListSerializer(serializers.Serializer[Any]):
    imported = ImportedSerializer(many=True)


class Exchange:
    """The two doors, mixed into the view of postmortems."""

    @extend_schema(
        request=ImportBody,
        responses={201: ImportedListSerializer, 200: ImportedListSerializer},
        filters=False,
        description="Make a draft of each postmortem in a file, all or none. 409 where one is there already.",
    )
    @action(detail=False, methods=["post"], url_path="import", url_name="import", filterset_class=None)
    def read_in(self, request: Request) -> Response:
        by = person(request)
        if not by.has_perm(rights.ADD):
            raise exceptions.PermissionDenied
        given = body(ImportBody, request)
        made = done(lambda now: _read(given, by, now))
        code = status.HTTP_200_OK if given["check_only"] else status.HTTP_201_CREATED
        return Response({"imported": made}, status=code)

    @extend_schema(
        parameters=[OpenApiParameter("as", enum=FORMATS, default="markdown", description="The form of the file.")],
        responses={
            (200, "text/markdown"): OpenApiTypes.STR,
            (200, "text/html"): OpenApiTypes.STR,
            (200, "application/pdf"): OpenApiTypes.BINARY,
            (200, "application/json"): OpenApiTypes.OBJECT,
            503: OpenApiResponse(description="No PDF can be made here; the answer says what to install."),
        },
        filters=False,
    )
    @action(detail=True, url_path="export", url_name="export", filterset_class=None)
    def write_out(self, request: Request, number: str) -> HttpResponse:
        """The postmortem as a file."""
        form = request.query_params.get("as", "markdown")
        if form not in FORMATS:
            raise serializers.ValidationError({"as": _("Choose one of: %s.") % ", ".join(FORMATS)})
        found: Postmortem = self.get_object()  # type: ignore[attr-defined]
        try:
            return as_file(exchange.export(found, form))
        except PdfMissing as missing:
            raise Unavailable(str(missing)) from missing


class Unavailable(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE


def as_file(made: exchange.Exported) -> HttpResponse:
    """Kept, never shown within our own site."""
    return HttpResponse(
        made.body,
        content_type=made.content_type,
        headers={"Content-Disposition": f'attachment; filename="{made.name}"', "X-Content-Type-Options": "nosniff"},
    )


def _read(given: dict[str, Any], by: User, now: Any) -> list[dict[str, Any]]:
    try:
        found = exchange.understand(given["name"], given["text"], by, now)
    except Unreadable as unreadable:
        raise serializers.ValidationError({"text": unreadable.errors}) from unreadable
    if given["check_only"]:
        return [_said(each, None) for each in found]
    with transaction.atomic():
        return [_said(each, exchange.take(each, given["name"], by, now).number) for each in found]


def _said(each: Understood, number: str | None) -> dict[str, Any]:
    compared = each.compared
    return {
        "number": number,
        "title": each.document.title,
        "durations": {name: span.total_seconds() / 60 for name, span in each.spans.items()},
        "stated": compared
        and {
            "minutes": compared.stated.total_seconds() / 60,
            "equals": list(compared.equals),
            "differs": compared.differs,
            "compared_with": compared.compared_with,
            "difference_minutes": compared.difference and compared.difference.total_seconds() / 60,
        },
        "unplaced": [
            {"where": it.where, "line": it.line, "text": it.text, "reason": exchange.sentence(it.reason)}
            for it in each.unplaced
        ],
        "unknown": [{"where": it.where, "name": it.name} for it in each.unknown],
        "notes": [{"where": it.where, "message": exchange.sentence(it.message)} for it in each.notes],
        "findings": [
            {"rule": it.rule, "group": it.group, "message": exchange.sentence(it.message), "where": it.where}
            for it in each.findings
        ],
    }

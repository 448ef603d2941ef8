"""/integrations/: senders' keys. A key is shown when it is made, and never again."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import integrations, signing
from incidents.models import Integration, Service, Severity
from oncall.api.base.filters import Search, Word, after, before, filters
from oncall.api.base.rights import ChangeRights
from oncall.api.base.serializers import Named, Rows, Strict, written
from oncall.api.base.views import NAME, Configuration

MAX_WORDS: Final = 100
_SIGNING_HELP: Final = "whsec_ and base64, as in Standard Webhooks. Left out: one is made. It is shown this once."
_KEY_HELP: Final = "Left out: one is made. It is shown this once."


class IntegrationSerializer(Rows[Integration]):
    """Names are unique within a service."""

    service = Named(slug_field="slug", queryset=Service.objects.all())
    severity_map = serializers.DictField(child=serializers.CharField(max_length=16), required=False)
    key = serializers.CharField(write_only=True, required=False, max_length=64, help_text=_KEY_HELP)
    signed = serializers.SerializerMethodField(help_text="Whether only signed bodies are taken.")

    class Meta:
        model = Integration
        fields = [
            *("id", "name", "service", "format", "enabled", "key", "key_prefix", "per_alert", "limit_per_minute"),
            *("every_minutes", "severity_map", "signed", "last_seen_at", "received_count"),
        ]
        read_only_fields = ["key_prefix", "last_seen_at", "received_count"]
        extra_kwargs = {
            "limit_per_minute": {"min_value": 1, "max_value": 1_000_000},
            "every_minutes": {"min_value": 1, "max_value": 60 * 24 * 366},
        }

    def get_signed(self, integration: Integration) -> bool:
        return bool(integration.signing_secret)

    def validate_severity_map(self, words: dict[str, str]) -> dict[str, str]:
        if len(words) > MAX_WORDS:
            raise serializers.ValidationError(_("At most %d words.") % MAX_WORDS)
        levels = set(Severity.objects.values_list("level", flat=True))
        for word, level in words.items():
            if level not in levels:
                raise serializers.ValidationError({word[:100]: _("There is no %s.") % level})
        return words

    def validate(self, attrs: Any) -> Any:
        if self.instance is not None:
            self._unchanged(attrs, "service", "format")
            if "key" in attrs:
                raise serializers.ValidationError({"key": _("Ask for a new one with …/rotate/.")})
        merged = {name: attrs.get(name, getattr(self.instance, name, None)) for name in ("format", "every_minutes")}
        if merged["format"] == Integration.Format.HEARTBEAT and not merged["every_minutes"]:
            raise serializers.ValidationError({"every_minutes": _("Say how often a heartbeat is expected.")})
        if merged["format"] != Integration.Format.HEARTBEAT and merged["every_minutes"]:
            raise serializers.ValidationError({"every_minutes": _("Heartbeats only.")})
        return super().validate(attrs)

    def _unchanged(self, attrs: Any, *names: str) -> None:
        for name in names:
            if name in attrs and attrs[name] != getattr(self.instance, name):
                raise serializers.ValidationError({name: _("Make a new integration for another one.")})

    def update(self, instance: Integration, validated_data: dict[str, Any]) -> Integration:
        enabled = validated_data.pop("enabled", instance.enabled)
        if changed := written(instance, validated_data):
            instance.save(update_fields=changed)
        if enabled != instance.enabled:
            integrations.set_enabled(instance, enabled, timezone.now())
        transaction.on_commit(integrations.forget_keys)
        return instance


class NewKeySerializer(IntegrationSerializer):
    """`key` is shown this once."""

    key = serializers.CharField(read_only=True)


class SignedSerializer(IntegrationSerializer):
    """`signing_secret` is shown this once."""

    signing_secret = serializers.CharField(read_only=True)

    class Meta(IntegrationSerializer.Meta):
        fields = [*IntegrationSerializer.Meta.fields, "signing_secret"]


class SignBody(Strict):
    secret = serializers.CharField(required=False, max_length=100, help_text=_SIGNING_HELP)


class RotateBody(Strict):
    key = serializers.CharField(required=False, max_length=64, help_text=_KEY_HELP)


class Nothing(Strict):
    """No arguments."""


class IntegrationFilter(filters.FilterSet):
    name = Word()
    service = Word("service__slug")
    team = Word("service__team__slug")
    format = filters.ChoiceFilter(choices=Integration.Format.choices)
    enabled = filters.BooleanFilter()
    search = Search("name")
    last_seen_after, last_seen_before = after("last_seen_at"), before("last_seen_at")

    class Meta:
        model = Integration
        fields: list[str] = []


class IntegrationViewSet(Configuration[Integration]):
    """Integrations, by name or id. Where two services have one of that name, add ?service=."""

    queryset = Integration.objects.select_related("service")
    serializer_class = IntegrationSerializer
    filterset_class = IntegrationFilter
    lookup_value_regex = NAME
    lookup_field = "name"

    def get_object(self) -> Integration:
        name = self.kwargs["name"]
        rows: QuerySet[Integration] = self.filter_queryset(self.get_queryset())
        found = list(rows.filter(name=name)[:2])
        if not found and name.isascii() and name.isdigit():
            found = list(rows.filter(pk=name)[:1])
        if not found:
            raise Http404
        if len(found) > 1:
            raise serializers.ValidationError({"service": _("Several services have one of this name: say which.")})
        self.check_object_permissions(self.request, found[0])
        return found[0]

    @extend_schema(request=IntegrationSerializer, responses={201: NewKeySerializer})
    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make an integration. Write down the answer's `key`: it is not shown again."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        try:
            made, key = integrations.create(
                given.pop("service"),
                given.pop("name"),
                given.pop("format", Integration.Format.GENERIC),
                timezone.now(),
                key=given.pop("key", None),
            )
        except integrations.KeyRefused as refused:
            raise serializers.ValidationError({"key": str(refused)}) from refused
        if written(made, given):
            made.save()
        return Response(self._with_key(made, key), status=status.HTTP_201_CREATED)

    @extend_schema(request=RotateBody, responses=NewKeySerializer)
    @action(detail=True, methods=["post"], permission_classes=[ChangeRights])
    @transaction.atomic
    def rotate(self, request: Request, name: str) -> Response:
        """A new key; the old one stops within a second. It is shown this once."""
        integration = self.get_object()
        body = RotateBody(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            key = integrations.rotate(integration, timezone.now(), key=body.validated_data.get("key"))
        except integrations.KeyRefused as refused:
            raise serializers.ValidationError({"key": str(refused)}) from refused
        transaction.on_commit(integrations.forget_keys)
        return Response(self._with_key(integration, key))

    @extend_schema(request=SignBody, responses=SignedSerializer)
    @action(detail=True, methods=["post"], permission_classes=[ChangeRights])
    @transaction.atomic
    def sign(self, request: Request, name: str) -> Response:
        """Take signed bodies only. A second call rotates: the secret before stays good until `drop_old_secret`."""
        integration = self.get_object()
        body = SignBody(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            secret = signing.require(integration, timezone.now(), body.validated_data.get("secret"))
        except signing.SecretRefused as refused:
            raise serializers.ValidationError({"secret": str(refused)}) from refused
        transaction.on_commit(integrations.forget_keys)
        return Response({**self.get_serializer(integration).data, "signing_secret": secret})

    @extend_schema(request=Nothing, responses=IntegrationSerializer)
    @action(detail=True, methods=["post"], permission_classes=[ChangeRights])
    def drop_old_secret(self, request: Request, name: str) -> Response:
        """Only the newest signing secret is good, within a second."""
        return self._signing(request, signing.drop_previous)

    @extend_schema(request=Nothing, responses=IntegrationSerializer)
    @action(detail=True, methods=["post"], permission_classes=[ChangeRights])
    def unsign(self, request: Request, name: str) -> Response:
        """Take bodies without a signature again, within a second."""
        return self._signing(request, signing.stop)

    @extend_schema(request=Nothing, responses=IntegrationSerializer)
    @action(detail=True, methods=["post"], permission_classes=[ChangeRights])
    def enable(self, request: Request, name: str) -> Response:
        """Let its events in again."""
        return self._switch(request, enabled=True)

    @extend_schema(request=Nothing, responses=IntegrationSerializer)
    @action(detail=True, methods=["post"], permission_classes=[ChangeRights])
    def disable(self, request: Request, name: str) -> Response:
        """Refuse its key, within a second."""
        return self._switch(request, enabled=False)

    def _signing(self, request: Request, verb: Callable[[Integration, datetime], None]) -> Response:
        integration = self.get_object()
        Nothing(data=request.data).is_valid(raise_exception=True)
        verb(integration, timezone.now())
        return Response(self.get_serializer(integration).data)

    def _switch(self, request: Request, *, enabled: bool) -> Response:
        integration = self.get_object()
        Nothing(data=request.data).is_valid(raise_exception=True)
        integrations.set_enabled(integration, enabled, timezone.now())
        return Response(self.get_serializer(integration).data)

    def _with_key(self, integration: Integration, key: str) -> dict[str, Any]:
        return {**self.get_serializer(integration).data, "key": key}

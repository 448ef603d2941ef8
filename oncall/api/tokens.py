"""/tokens/: one's own API tokens. The text of one is shown when it is made, and never again."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework import serializers as drf
from rest_framework.request import Request
from rest_framework.response import Response

from oncall import keys
from oncall.api.base.rights import SignedIn, person
from oncall.api.base.serializers import Rows
from oncall.api.base.views import Reading
from oncall.models import ApiToken


class TokenSerializer(Rows[ApiToken]):
    class Meta:
        model = ApiToken
        fields = ["id", "name", "prefix", "scope", "created_at", "last_used_at", "revoked_at"]
        read_only_fields = ["prefix", "created_at", "last_used_at", "revoked_at"]


class NewTokenSerializer(TokenSerializer):
    """A token that was just made: `token` is its text, shown this once."""

    token = drf.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]


class TokenViewSet(mixins.DestroyModelMixin, Reading[ApiToken]):
    """One's own tokens."""

    queryset = ApiToken.objects.all()
    serializer_class = TokenSerializer
    permission_classes = [SignedIn]

    def get_queryset(self) -> QuerySet[ApiToken]:
        return super().get_queryset().filter(user=self.request.user.pk)

    @extend_schema(request=TokenSerializer, responses={201: NewTokenSerializer})
    def create(self, request: Request) -> Response:
        """Make a token. Write down the answer's `token`: it is not shown again."""
        body = TokenSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given: dict[str, Any] = body.validated_data
        text = keys.issue_api_token(
            person(request), given.get("scope", ApiToken.Scope.READ), timezone.now(), given.get("name", "")
        )
        made = ApiToken.objects.get(digest=keys.digest(text))
        return Response({**TokenSerializer(made).data, "token": text}, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: ApiToken) -> None:
        """Revoked, not forgotten: who used what until when stays known."""
        ApiToken.objects.filter(pk=instance.pk, revoked_at=None).update(revoked_at=timezone.now())

"""/tokens/: one's own API tokens. The text of one is shown when it is made, and never again."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _t
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework import serializers as drf
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall import keys
from oncall.api.base.refusals import Conflict
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


class NoTokenByToken(SignedIn):
    """Whoever is signed in; a token reads, and revokes where it may write."""

    message = _t("A token makes no tokens: make it in the console, under My on-call.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        by_token = request.method == "POST" and isinstance(request.auth, ApiToken)
        return not by_token and super().has_permission(request, view)


class TokenViewSet(mixins.DestroyModelMixin, Reading[ApiToken]):
    """One's own tokens. A token makes no further ones: who finds it cannot outlive its end."""

    queryset = ApiToken.objects.all()
    serializer_class = TokenSerializer
    permission_classes = [NoTokenByToken]

    def get_queryset(self) -> QuerySet[ApiToken]:
        return super().get_queryset().filter(user=self.request.user.pk)

    @extend_schema(request=TokenSerializer, responses={201: NewTokenSerializer})
    def create(self, request: Request) -> Response:
        """Make a token, signed in: a token makes none. Write down the answer's `token`: it is not shown again."""
        body = TokenSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given: dict[str, Any] = body.validated_data
        try:
            text = keys.issue_api_token(
                person(request), given.get("scope", ApiToken.Scope.READ), timezone.now(), given.get("name", "")
            )
        except keys.TooManyTokens as error:
            raise Conflict(str(error)) from error
        made = ApiToken.objects.get(digest=keys.digest(text))
        return Response({**TokenSerializer(made).data, "token": text}, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: ApiToken) -> None:
        """Revoked, not forgotten: who used what until when stays known."""
        ApiToken.objects.filter(pk=instance.pk, revoked_at=None).update(revoked_at=timezone.now())

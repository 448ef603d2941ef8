"""Views: lists that are read only, and configuration that is written in one transaction."""

from typing import Any, TypeVar

from django.db import models, transaction
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

M = TypeVar("M", bound=models.Model)

NAME = r"[^/\x00]+"
NUMBER = r"[0-9]{1,18}"


class Reading(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[M]):
    """What the engine writes: listed and looked at."""

    lookup_value_regex = NUMBER


class Configuration(viewsets.ModelViewSet[M]):
    """What people set up. Written by `save()`, so that each change keeps its history."""

    lookup_value_regex = NUMBER

    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().create(request, *args, **kwargs)

    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().update(request, *args, **kwargs)

    @transaction.atomic
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().destroy(request, *args, **kwargs)


class ByMe(Configuration[M]):
    """Rows that note who made them."""

    def perform_create(self, serializer: BaseSerializer[M]) -> None:
        serializer.save(created_by=self.request.user)

"""What is not there is said in the API's own way."""

from typing import Any

from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class MissingView(APIView):
    """404 as a problem document, for every address of the API that means nothing."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    schema = None

    def get(self, request: Request, rest: str = "") -> Response:
        raise exceptions.NotFound

    post = put = patch = delete = get

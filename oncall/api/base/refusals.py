"""Answers that the framework has no exception for."""

from rest_framework import exceptions, status


class Conflict(exceptions.APIException):
    """409: the state of things does not allow it."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "Conflict"
    default_code = "conflict"


class TooLarge(exceptions.APIException):
    """413."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "Request body too large"
    default_code = "too_large"

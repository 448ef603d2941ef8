"""Why a verb was not done."""

from django.core.exceptions import PermissionDenied


class Refused(Exception):  # noqa: N818  (it reads as what happened)
    """The verb cannot be done; the message says what to do instead.

    `field` names the argument at fault ("" if none). `conflict`: the incident's state forbids it (HTTP 409), else the
    arguments do (400).
    """

    def __init__(self, message: str, field: str = "", *, conflict: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.conflict = conflict


class NotAllowed(PermissionDenied):
    """This person may not do that."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

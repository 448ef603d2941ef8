"""JSON bodies of a bounded size."""

import io
from collections.abc import Mapping
from typing import IO, Any, Final

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from oncall.api.base.refusals import TooLarge

LIMIT_BYTES: Final = 1024 * 1024


class BoundedJSON(JSONParser):
    """At most 1 MiB; more is 413."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        from_sender = stream.read(LIMIT_BYTES + 1)
        if len(from_sender) > LIMIT_BYTES:
            raise TooLarge(_("A body has at most 1 MiB."))
        try:
            return super().parse(io.BytesIO(from_sender), media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_("The body is nested too deep.")) from error

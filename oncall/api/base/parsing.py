"""JSON bodies. Their size is bounded by Django's own setting."""

from collections.abc import Mapping
from typing import IO, Any, Final

import orjson
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

MAX_DEPTH: Final = 32


class StrictJSON(JSONParser):
    """JSON as its standard has it (RFC 8259): UTF-8, of a sane depth, no NaN, and no half of a surrogate pair, which
    no database and no answer could hold."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        try:
            value: dict[str, Any] = orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise ParseError(_("This is not JSON: %s") % error) from error
        if _is_deeper(value, MAX_DEPTH):
            raise ParseError(_("The body is nested too deep."))
        return value


def _is_deeper(value: object, levels: int) -> bool:
    """Whether anything lies deeper than so many lists and objects: what reads it recurses."""
    here: list[Any] = [value]
    for _level in range(levels + 1):
        here = [inner for each in here for inner in _inside(each)]
        if not here:
            return False
    return True


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()

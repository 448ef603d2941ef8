"""Values as YAML that reads the same everywhere: times and doubtful words in quotes, instants in RFC 3339."""

import io
import re
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

# What some reader of YAML takes for a number, a date, a time or a truth value.
_DOUBTFUL: Final = re.compile(r"[-+.\d].*|y|n|yes|no|on|off|true|false|null|~|", re.IGNORECASE | re.DOTALL)
_WIDE: Final = 10_000  # no line is broken


def write(sections: Mapping[str, Any]) -> str:
    """One document of these sections."""
    yaml = YAML()
    yaml.width = _WIDE
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump({name: [_top(item) for item in items] for name, items in sections.items()}, stream)
    return stream.getvalue()


def _top(item: Mapping[str, Any]) -> CommentedMap:
    """An object with every field, so that applying it brings each back; what is empty inside of it is left out."""
    return CommentedMap({key: _value(value) for key, value in item.items()})


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return DoubleQuotedScalarString(value.isoformat().replace("+00:00", "Z"))
    if isinstance(value, time):
        return DoubleQuotedScalarString(value.isoformat("minutes" if value.second == 0 else "seconds"))
    if isinstance(value, str):
        return DoubleQuotedScalarString(value) if _DOUBTFUL.fullmatch(value) else str(value)
    made: CommentedMap | CommentedSeq
    if isinstance(value, Mapping):
        made = CommentedMap({_value(k): _value(v) for k, v in value.items() if v is not None and v != ""})
    elif isinstance(value, list):
        made = CommentedSeq([_value(item[0] if _alone(item) else item) for item in value])
    else:
        return value
    parts = made.values() if isinstance(made, CommentedMap) else made
    if not any(isinstance(part, CommentedMap | CommentedSeq) for part in parts):
        made.fa.set_flow_style()
    return made


def _alone(item: Any) -> bool:
    """A turn of one person is written as that person."""
    return isinstance(item, list) and len(item) == 1

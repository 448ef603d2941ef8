"""YAML 1.2 as plain values with line numbers: no aliases, no tags, no doubled keys, bounded in every direction."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from oncall.documents.problems import Invalid, Path, Problem, written

MAX_CHARACTERS: Final = 8_000_000
MAX_NODES: Final = 400_000
MAX_DEPTH: Final = 24

# YAML 1.2's core schema (§10.3.2); everything else that is plain is text, instants and 09:00 too.
_NULL: Final = {"", "~", "null", "Null", "NULL"}
_TRUE: Final = {"true", "True", "TRUE"}
_FALSE: Final = {"false", "False", "FALSE"}
_INT: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]{1,17}|[0-9]{1,17}\.[0-9]{0,17})([eE][-+]?[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: its value, and the line (from 1) of each place in it."""

    file: str
    value: Any
    lines: dict[Path, int]

    def problem(self, path: Path, message: str, line: int | None = None) -> Problem:
        """Something wrong at this place, or at what is nearest above it and has a line."""
        return Problem(self.file, line or self.line(path), written(path), message)

    def line(self, path: Path) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(texts: Iterable[tuple[str, str]]) -> list[Document]:
    """The documents of (file name, text) in order, empty ones left out. Raises Invalid."""
    documents: list[Document] = []
    errors: list[Problem] = []
    for name, text in texts:
        try:
            for node in _nodes(name, text):
                lines: dict[Path, int] = {(): node.start_mark.line + 1}
                document = Document(name, None, lines)
                value = _value(node, (), document, errors)
                if value is not None:
                    documents.append(Document(name, value, lines))
        except Invalid as refused:
            errors += refused.errors
    if errors:
        raise Invalid(errors)
    return documents


class _Bounded(Composer):
    """Refuses what makes a small file large or reach beyond data, before it is built."""

    seen = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        self.seen += 1
        if self.seen > MAX_NODES:
            raise MarkedYAMLError(problem=_("too large; split the file"), problem_mark=event.start_mark)
        if isinstance(event, AliasEvent) or event.anchor is not None:
            message = _("anchors and aliases (& and *) are not used here; write the value out")
            raise MarkedYAMLError(problem=message, problem_mark=event.start_mark)
        if getattr(event, "ctag", None) is not None:
            raise MarkedYAMLError(problem=_("tags (!) are not used here"), problem_mark=event.start_mark)
        return super().compose_node(parent, index)


def _nodes(name: str, text: str) -> Iterator[Any]:
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_CHARACTERS:
        raise Invalid([Problem(name, 1, "document", _("too large; split the file"))])
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _Bounded
    yaml.max_depth = MAX_DEPTH
    try:
        for node in yaml.compose_all(text):
            if node is not None:
                yield node
    except MaxDepthExceededError as error:
        line = error.problem_mark.line + 1
        raise Invalid([Problem(name, line, "document", _("nested too deeply"))]) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = ", ".join(part for part in (error.context, error.problem) if part)
        raise Invalid([Problem(name, mark.line + 1 if mark else 1, "document", told)]) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Invalid([Problem(name, line, "document", _("a character that may not stand in YAML"))]) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise Invalid([Problem(name, 1, "document", _("this is not YAML: %s") % error)]) from error


def _value(node: Any, path: Path, document: Document, errors: list[Problem]) -> Any:
    """The node as dict, list, text, number, bool or None; doubled keys are added to `errors`."""
    if isinstance(node, ScalarNode):
        return _scalar(node)
    if isinstance(node, SequenceNode):
        items: Sequence[Any] = node.value
        for index, item in enumerate(items):
            document.lines[*path, index] = item.start_mark.line + 1
        return [_value(item, (*path, index), document, errors) for index, item in enumerate(items)]
    assert isinstance(node, MappingNode)  # noqa: S101  # there are no other nodes
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode):
            errors.append(document.problem(path, _("a key must be text"), line))
            continue
        key = _text(key_node.value)
        if key in found:
            first = document.lines[*path, key]
            errors.append(document.problem((*path, key), _("written twice, first in line %d") % first, line))
            continue
        document.lines[*path, key] = line
        found[key] = _value(value_node, (*path, key), document, errors)
    return found


def _scalar(node: Any) -> Any:
    text: str = node.value
    if node.style is not None:
        return _text(text)
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else _text(text)


def _text(text: str) -> str:
    """JSON writes an emoji as two escapes; put such pairs together, and replace halves that stand alone."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text

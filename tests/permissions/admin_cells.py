"""What the console's own permission methods say, cell by cell."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.test import RequestFactory

from oncall.models import User
from tests.permissions.people import LETTERS, TEAMS, fresh
from tests.permissions.story import Story

Cell = tuple[str, str]  # a model (or an inline beneath it), and what is done


def cells(story: Story) -> dict[Cell, str]:
    """Who may, as letters, for every model of the registry. Raises where somebody's team makes a difference."""
    who: dict[Cell, dict[str, str]] = {}
    for letter in LETTERS:
        for team in TEAMS:
            for cell in _allowed(story, fresh(story.kinds.of(letter, team))):
                who.setdefault(cell, dict.fromkeys(TEAMS, ""))[team] += letter
    assert [cell for cell, letters in who.items() if len(set(letters.values())) > 1] == []
    return {cell: letters["own"] for cell, letters in who.items()}


def request_of(user: User) -> Any:
    request = RequestFactory().get("/")
    request.user = user
    return request


def _allowed(story: Story, user: User) -> Iterator[Cell]:
    request = request_of(user)
    for model, page in admin.site._registry.items():
        label = model._meta.label_lower
        row = model._default_manager.get(pk=story.rows[label])
        judged = {
            "view": page.has_view_permission(request, row) and page.get_queryset(request).filter(pk=row.pk).exists(),
            "add": page.has_add_permission(request),
            "change": page.has_change_permission(request, row),
            "delete": page.has_delete_permission(request, row),
        }
        judged |= {f"action {name}": True for name in page.get_actions(request)}
        yield from ((label, verb) for verb, may in judged.items() if may)
        yield from _beneath(label, page.get_inline_instances(request, row), request, row)


def _beneath(label: str, inlines: list[Any], request: Any, row: Any) -> Iterator[Cell]:
    for inline in inlines:
        name = f"{label}/{inline.model._meta.model_name}"
        for verb in ("view", "add", "change", "delete"):
            if getattr(inline, f"has_{verb}_permission")(request, row):
                yield name, verb
        if inlines := getattr(inline, "inlines", []):
            yield from _beneath(name, [each(inline.model, admin.site) for each in inlines], request, None)


def as_table(found: dict[Cell, str]) -> str:
    """The cells as the table writes them."""
    rows: dict[str, dict[str, str]] = {}
    for (name, verb), letters in found.items():
        rows.setdefault(name, {})[verb] = letters
    order = ("view", "add", "change", "delete")
    lines = []
    for name, verbs in sorted(rows.items()):
        known = [verb for verb in order if verb in verbs] + sorted(verb for verb in verbs if verb not in order)
        lines.append(f"{name}: " + ", ".join(f"{verb} {verbs[verb]}" for verb in known))
    return "\n".join(lines)

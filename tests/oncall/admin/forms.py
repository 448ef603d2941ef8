"""Fills the console's forms as a browser would: every field of the page as it was shown, but what is changed."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client


class _Fields(HTMLParser):
    """The successful controls of the page's forms, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name, kind = found.get("name") or "", found.get("type") or "text"
        if tag == "input" and name and kind not in {"submit", "search", "button"}:
            if kind not in {"checkbox", "radio"} or "checked" in found:
                self.values.setdefault(name, []).append(found.get("value") or ("on" if kind == "checkbox" else ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in found:
            self.values.setdefault(self._select, []).append(found.get("value") or "")
        elif tag == "textarea":
            self._area = name
            self.values[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        if tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] = [self.values[self._area][0] + data]


def shown(client: Client, address: str) -> dict[str, Any]:
    """What a browser would send back unchanged."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    parser = _Fields()
    parser.feed(answer.content.decode())
    parser.values.pop("csrfmiddlewaretoken", None)
    return {name: values if len(values) > 1 else values[0] for name, values in parser.values.items()}


def saved(client: Client, page: str, /, **changed: Any) -> Any:
    """The answer to the page's own form with these fields changed."""
    return client.post(page, {**shown(client, page), **changed})


def complaints(answer: Any) -> str:
    """Every error that the form shows."""
    context = answer.context_data
    told = [str(context["adminform"].form.errors)] if context.get("adminform") else []
    for inline in context.get("inline_admin_formsets", []):
        told += [str(inline.formset.errors), str(inline.formset.non_form_errors())]
    return " ".join(told)

"""A list's rows as the theme writes them, at half its cost: it makes every heading anew for every row."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.templatetags.admin_list import result_hidden_fields
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.template import Library
from django.template.base import Node, Parser, Token
from django.urls import NoReverseMatch
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.templatetags import unfold_list as theme
from unfold.utils import display_for_field, display_for_value

register = Library()

_USUAL = " ".join(theme.ROW_CLASSES)
_CHECKBOX = " ".join(theme.CHECKBOX_CLASSES)
_LINK = " ".join(theme.LINK_CLASSES)
_NOWRAP = (models.DateField, models.TimeField, models.ForeignKey)


def result_list(context: dict[str, Any], cl: Any) -> dict[str, Any]:
    """What the theme's template of a list is given."""
    if getattr(cl, "formset", None):  # cells to type into: the theme's own way
        made: dict[str, Any] = theme.result_list(context, cl)
        return made
    headers = list(theme.result_headers(cl))
    return {
        "cl": cl,
        "result_hidden_fields": list(result_hidden_fields(cl)),
        "result_headers": headers,
        "num_sorted_fields": sum(1 for each in headers if each["sortable"] and each["sorted"]),
        "results": [theme.UnfoldResultList(row, None, cells(cl, row, headers)) for row in cl.result_list],
        "actions_row": context.get("actions_row"),
        "has_add_permission": cl.model_admin.has_add_permission(context["request"]),
    }


def cells(cl: Any, row: models.Model, headers: list[dict[str, Any]]) -> Iterator[SafeString]:
    """One row of the table, as HTML; `headers` are the list's."""
    first = True
    for index, name in enumerate(cl.list_display):
        shown, more = _shown(cl, row, name)
        box = name == "action_checkbox"
        classes = _CHECKBOX if box else f"field-{theme._coerce_field_name(name, index)} {_USUAL}{more}"
        label = headers[index]["text"] if index else _("Select record")
        tag = "td"
        if _is_link(cl, name, first):
            tag, first, label = ("th" if first else "td"), False, headers[index]["text"]
            shown = _linked(cl, row, shown)
        yield format_html('<{} class="{}" data-label="{}">{}</{}>', tag, classes, label, shown, tag)


def _shown(cl: Any, row: models.Model, name: str) -> tuple[Any, str]:
    """The cell's text, and a class for what may not be broken."""
    empty = cl.model_admin.get_empty_value_display()
    try:
        field, attribute, value = lookup_field(name, row, cl.model_admin)
    except ObjectDoesNotExist:
        return empty, ""
    empty = getattr(attribute, "empty_value_display", empty)
    if field is None or field.auto_created:
        shown = display_for_value(value, empty, getattr(attribute, "boolean", False))
        return shown, " nowrap" if isinstance(value, theme.datetime.date | theme.datetime.time) else ""
    if isinstance(field.remote_field, models.ManyToOneRel):
        related = getattr(row, field.name)
        return empty if related is None else related, " nowrap"
    return display_for_field(value, field, empty), " nowrap" if isinstance(field, _NOWRAP) else ""


def _is_link(cl: Any, name: str, first: bool) -> bool:
    links = cl.list_display_links
    return links is not None and ((first and not links) or name in links)


def _linked(cl: Any, row: models.Model, shown: Any) -> Any:
    try:
        address = cl.url_for_result(row)
    except NoReverseMatch:
        return shown
    address = add_preserved_filters({"preserved_filters": cl.preserved_filters, "opts": cl.opts}, address)
    key = row.serializable_value(str(cl.to_field) if cl.to_field else cl.lookup_opts.pk.attname)
    opener = format_html(' data-popup-opener="{}"', key) if cl.is_popup else ""
    return format_html('<a href="{}" class="{}" {}>{}</a>', address, _LINK, opener, shown)


@register.tag(name="result_list")
def result_list_tag(parser: Parser, token: Token) -> Node:
    node: Node = theme.InclusionAdminNode(parser, token, func=result_list, template_name="change_list_results.html")
    return node

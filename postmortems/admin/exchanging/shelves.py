"""The library: published postmortems found by words, service, severity, class of factor and tag."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from incidents.models import Service, Severity
from oncall.admin.base import BoundedPaginator, ConsoleAdmin
from postmortems import library
from postmortems.admin import shapes
from postmortems.models import Factor, Postmortem, Tag
from postmortems.models.postmortems import PostmortemQuerySet

EACH: Final = 25
SHOWN: Final = ("title", "number", "kind", "summary", "lessons", "published_at", "happened_on")


@dataclass(frozen=True, slots=True)
class Found:
    """One result; texts in pieces, each with whether it is a word that was looked for."""

    row: Postmortem
    severity: str
    title: list[tuple[str, bool]]
    summary: list[tuple[str, bool]]
    lessons: list[tuple[str, bool]]
    tags: list[str]
    classes: list[str]


def shelves(admin: ConsoleAdmin, request: HttpRequest) -> HttpResponse:
    """The page; what is asked stands in the address, so that a search can be kept as a bookmark."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip()[:200] for name in _ASKED}
    rows = _filtered(library.published(Postmortem.objects.visible_to(request.user)), asked)
    pages = BoundedPaginator(rows.select_related("service", "severity", "incident").only(*_COLUMNS), EACH)
    number = request.GET.get("p", "1")
    page = pages.get_page(number if number.isdecimal() and len(number) < 6 else "1")
    words = library.words_of(asked["q"])
    context = {
        "opts": Postmortem._meta,
        "asked": asked,
        "found": [_found(row, words) for row in _with_parts(page)],
        "page": page,
        "pages": pages,
        "any": any(asked.values()),
        "services": list(Service.objects.order_by("name").values_list("slug", "name")),
        "severities": list(Severity.objects.order_by("rank").values_list("level", flat=True)),
        "classes": Factor.Kind.choices,
        "kinds": [("", _("postmortems")), ("sentence", _("one sentence")), ("all", _("both"))],
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "may_import": admin.has_add_permission(request),
    }
    return admin.screen(request, "admin/postmortems/library.html", _("Library"), context)


_ASKED: Final = ("q", "service", "severity", "factor_class", "tag", "kind")
_COLUMNS: Final = (
    *SHOWN,
    *("service__name", "service__slug", "severity__level", "severity__rank", "incident__number", "incident__private"),
)


def _filtered(rows: PostmortemQuerySet, asked: dict[str, str]) -> PostmortemQuerySet:
    rows = library.of_kind(rows, asked["kind"] if asked["kind"] in {"sentence", "all"} else "")
    if asked["service"]:
        rows = rows.filter(service__slug=asked["service"])
    if asked["severity"]:
        rows = rows.filter(severity__level=asked["severity"])
    if asked["factor_class"] in Factor.Kind.values:
        rows = library.with_factor(rows, asked["factor_class"])
    if asked["tag"]:
        rows = library.tagged(rows, asked["tag"])
    return library.sought(rows, asked["q"])


def _with_parts(page: Page[Any]) -> list[Postmortem]:
    """The page's rows with their tags and factors: two queries more, however many rows."""
    rows: list[Any] = list(page.object_list)
    by_key = {row.pk: row for row in rows}
    for row in rows:
        row.words, row.kinds_of_factors = [], []
    for key, word in Tag.objects.filter(postmortem__in=by_key).values_list("postmortem", "word"):
        by_key[key].words.append(word)
    for key, kind in Factor.objects.filter(postmortem__in=by_key).values_list("postmortem", "factor_class"):
        by_key[key].kinds_of_factors.append(kind)
    return rows


def _found(row: Any, words: list[str]) -> Found:
    kinds = [str(kind.label) for kind in Factor.Kind if kind.value in row.kinds_of_factors]
    return Found(
        row=row,
        severity=shapes.severity_badge(row.severity),
        title=library.around(row.title or row.number, words, 300),
        summary=library.around(row.summary, words),
        lessons=library.around(row.lessons, words, 200),
        tags=sorted(row.words),
        classes=kinds,
    )

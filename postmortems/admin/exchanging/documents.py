"""A postmortem as a page to read and print, and as files to keep."""

from typing import Final, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _t

from oncall.admin.base import ConsoleAdmin
from postmortems import exchange
from postmortems.exchange import FORMATS, PdfMissing, pdf, sheet
from postmortems.models import Postmortem

LABELS: Final = {"markdown": "Markdown", "html": "HTML", "pdf": "PDF", "json": "JSON"}
TOOLS: Final = "admin/postmortems/_tools.html"
HINT: Final = _t("To print it, use your browser's print command: the page has a style of its own for paper.")


def document(admin: ConsoleAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """The page, without the console's frame; times in UTC and in the reader's zone."""
    row = _found(admin, request, pk)
    tools = {
        "back": reverse("admin:postmortems_postmortem_change", args=[row.pk]),
        "file": reverse("admin:postmortems_postmortem_file", args=[row.pk]),
        "forms": [(form, LABELS[form]) for form in FORMATS if form != "pdf" or not pdf.missing()],
        "no_pdf": pdf.missing(),
        "hint": HINT,
    }
    zone = timezone.get_current_timezone_name()
    return HttpResponse(sheet.page(row, zone=zone, buttons=render_to_string(TOOLS, tools, request)))


def export(admin: ConsoleAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """The file; where no PDF can be made, the page again, which says what is missing."""
    row = _found(admin, request, pk)
    form = request.GET.get("as", "markdown")
    if form not in FORMATS:
        raise Http404
    try:
        made = exchange.export(row, form)
    except PdfMissing as missing:
        messages.warning(request, str(missing))
        return HttpResponseRedirect(reverse("admin:postmortems_postmortem_change", args=[row.pk]))
    disposition = f'attachment; filename="{made.name}"'
    return HttpResponse(made.body, content_type=made.content_type, headers={"Content-Disposition": disposition})


def _found(admin: ConsoleAdmin, request: HttpRequest, pk: int) -> Postmortem:
    if not admin.has_view_permission(request):
        raise PermissionDenied
    rows = admin.get_queryset(request).select_related("incident", "service", "severity", "assessed", "owner")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return cast(Postmortem, row)

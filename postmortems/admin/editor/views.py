"""The doors of the page: read, written, saved while typing, previewed."""

from datetime import UTC, datetime
from typing import Any, Final, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from incidents.lifecycle import NotAllowed, Refused
from oncall.admin.base import ConsoleAdmin
from oncall.models import User
from oncall.text import MAX_MARKDOWN, markdown
from postmortems import rights
from postmortems.admin import panel
from postmortems.admin.editor import saving, showing
from postmortems.admin.editor.lists import ROWS
from postmortems.admin.editor.saving import Saved
from postmortems.admin.editor.texts import PROMPTS
from postmortems.drafting import marks
from postmortems.models import Postmortem

TEMPLATES: Final = "admin/postmortems"


def page(admin: ConsoleAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Read by who may look, written by who may write while it is not published."""
    row, user = _found(admin, request, pk), cast(User, request.user)
    writes = admin.has_change_permission(request, row)
    if request.method == "POST":
        if not writes:
            return _kept(admin, request, row, user)
        return _posted(admin, request, row, user)
    if not writes:
        return _shown(admin, request, row, "reader", showing.reader(row, user, timezone.now()))
    asked = request.GET.get("ask", "")
    context = showing.editor(row, user, timezone.now(), asked=_number(asked))
    return _shown(admin, request, row, "editor", context)


def save(admin: ConsoleAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """What is typed is saved; the answer says what became of each section, for the page's script."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    row, user, now = _found(admin, request, pk), cast(User, request.user), timezone.now()
    if not rights.may(row, user, rights.WRITE, owner=True):
        raise PermissionDenied
    try:
        saved = saving.save(row, request.POST, user, now)
    except (Refused, NotAllowed) as refused:
        return JsonResponse({"said": refused.message}, status=409)
    return JsonResponse(_answer(saved, now))


def preview(admin: ConsoleAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """A text as its readers will see it."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    _found(admin, request, pk)
    html = markdown(request.POST.get("text", "")[:MAX_MARKDOWN])
    return HttpResponse(html or _("Nothing is written yet."))


def _found(admin: ConsoleAdmin, request: HttpRequest, pk: int) -> Postmortem:
    """Raises Http404 for what this person may not see, PermissionDenied for who may look at none."""
    rows = admin.get_queryset(request).select_related("incident", "service__team", "severity", "assessed", "owner")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    found = cast(Postmortem, row)
    if not (admin.has_view_permission(request, found) or found.owner_id == request.user.pk):
        raise PermissionDenied
    return found


def _posted(admin: ConsoleAdmin, request: HttpRequest, row: Postmortem, user: User) -> HttpResponse:
    """Saved by the button. What could not be saved stays in the form, with what is to be said about it."""
    now = timezone.now()
    if "preview" in request.POST:
        return _previewed(admin, request, row, user, now)
    here = reverse("admin:postmortems_postmortem_change", args=[row.pk])
    try:
        saved = saving.save(row, request.POST, user, now)
    except (Refused, NotAllowed) as refused:
        messages.error(request, refused.message)
        return _kept(admin, request, row, user)
    if saved.is_whole and request.POST.getlist("entry"):
        try:
            saving.choose(saved.postmortem, request.POST, user, now)
        except (Refused, NotAllowed) as refused:
            messages.error(request, refused.message)
        return HttpResponseRedirect(f"{here}#timeline")
    if saved.is_whole:
        asked = request.POST.get("ask", "")
        if asked:
            prefix = f"whys-{asked}"
            key = saved.ids.get(prefix) or _number(request.POST.get(f"{prefix}-id", ""))
            return HttpResponseRedirect(f"{here}?ask={key}#five_whys")
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(here)
    context = showing.editor(saved.postmortem, user, now, saved)
    return _shown(admin, request, saved.postmortem, "editor", context, 409 if saved.conflicts else 400)


def _kept(admin: ConsoleAdmin, request: HttpRequest, row: Postmortem, user: User) -> HttpResponse:
    """Nothing can be saved any more: what was typed stands above the text, so that nobody's words are lost."""
    row.refresh_from_db()
    context = showing.reader(row, user, timezone.now(), saving.unsaved(row, request.POST, user))
    status = 409 if rights.may(row, user, rights.WRITE, owner=True) else 403
    return _shown(admin, request, row, "reader", context, status)


def _previewed(admin: ConsoleAdmin, request: HttpRequest, row: Postmortem, user: User, now: datetime) -> HttpResponse:
    """What was typed, unsaved, each text with its preview: for who has no script."""
    sent = saving.sent(row, request.POST)
    return _shown(admin, request, row, "editor", showing.editor(row, user, now, sent, previews=True))


def _shown(
    admin: ConsoleAdmin,
    request: HttpRequest,
    row: Postmortem,
    template: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    context |= {"opts": Postmortem._meta, "zone": timezone.get_current_timezone_name()}
    return admin.screen(request, f"{TEMPLATES}/{template}.html", row.number, context, status)


def _answer(saved: Saved, now: datetime) -> dict[str, Any]:
    """New marks, keys of new rows, what others wrote into what was not touched here, and parts of the page anew."""
    fresh = saved.postmortem
    form = showing.first_form(fresh)
    values = {
        name: _text(form, name)
        for section in saved.newer
        if section in marks.SECTIONS
        for name in marks.SECTIONS[section]
    }
    hints = panel.hints(fresh)
    parts: dict[str, str] = {f"hints-{name}": _part("hints", {"hints": hints.get(name, [])}) for name in PROMPTS}
    parts["missing"] = _part("missing", {"missing": showing.missing(fresh)})
    parts["spans"] = _part("spans", panel.spans(fresh))
    for section in (*marks.SECTIONS, *ROWS):
        conflict = saved.conflicts.get(section)
        parts[f"conflict-{section}"] = _part("conflict", {"conflict": conflict}) if conflict else ""
    return {
        "at": f"{now.astimezone(UTC):%H:%M} UTC",
        "marks": saved.marks,
        "ids": saved.ids,
        "values": values,
        "parts": parts,
        "wrong": saved.wrong,
        "conflicts": list(saved.conflicts),
        "lists": [name for name in saved.newer if name in ROWS],
    }


def _part(name: str, context: dict[str, Any]) -> str:
    return render_to_string(f"{TEMPLATES}/_{name}.html", context)


def _text(form: Any, name: str) -> str:
    bound = form[name]
    shown = bound.field.widget.format_value(bound.value())
    return str(shown[0] if isinstance(shown, list) else shown or "") if shown is not None else ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

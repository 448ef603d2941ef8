"""The page of a verb: read on GET, done on POST."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from incidents.lifecycle import NotAllowed, Refused
from oncall.admin.base import ConsoleAdmin
from oncall.models import User
from postmortems import publishing
from postmortems.admin import deeds
from postmortems.admin.asked import asked
from postmortems.admin.deeds import Deed
from postmortems.logic.readiness import Finding
from postmortems.models import ActionItem, Postmortem
from postmortems.publishing import NotReady

Row = Postmortem | ActionItem
MAX_QUERY = 1_000


def act(admin: ConsoleAdmin, request: HttpRequest, pk: int, deed: Deed) -> HttpResponse:
    """The form of a verb, and the verb. Raises PermissionDenied before anything is read from the form."""
    row: Any = admin.get_queryset(request).filter(pk=pk).first()
    if row is None:
        raise Http404
    user = cast(User, request.user)
    if not deeds.allowed(deed, row, user):
        raise PermissionDenied
    posted = request.method == "POST"
    form = deed.form(request.POST if posted else None, row=row)
    # What publishing asks for is shown before anybody tries.
    asks = isinstance(row, Postmortem) and deed.slug == "publish" and deeds.possible(deed, row)
    missing = _said(publishing.missing(row)) if asks and not posted else []
    status = 400 if posted else 200 if deeds.possible(deed, row) else 409
    if posted and form.is_valid():
        try:
            deed.do(row, form, user, timezone.now())
        except NotReady as refused:
            missing, status = _said(refused.findings), 409
        except Refused as refused:
            form.refuse(refused)
            status = 409 if refused.conflict else 400
        except NotAllowed as refused:
            form.add_error(None, refused.message)
            status = 403
        else:
            messages.success(request, _("%(what)s: done.") % {"what": deed.label})
            if request.headers.get("X-Dialog"):
                return HttpResponse(status=204, headers={"X-Location": _back(request, row)})
            return HttpResponseRedirect(_back(request, row))
    context = {
        "opts": row._meta,
        "row": row,
        "deed": deed,
        "form": form,
        "missing": missing,
        "asked_ready": asks,
        "impossible": not deeds.possible(deed, row),
        "back": _back(request, row),
        "then": _then(request),
        "there": _there(request),
    }
    return admin.screen(request, "admin/postmortems/verb.html", f"{deed.label}: {row}"[:200], context, status)


def _said(findings: Sequence[Finding]) -> list[str]:
    return [_(each.message.message) % dict(each.message.values) for each in findings]


def _back(request: HttpRequest, row: Row) -> str:
    """To its card on the board for who came from there, with their filters, else to the row."""
    if _then(request) == "board":
        return f"{reverse('admin:postmortems_actionitem_board')}?{_there(request)}#action-{row.pk}"
    return reverse(f"admin:postmortems_{row._meta.model_name}_change", args=[row.pk])


def _then(request: HttpRequest) -> str:
    said = request.POST.get("then") or request.GET.get("then") or ""
    return said if said == "board" else ""


def _there(request: HttpRequest) -> str:
    """The board's filters, read and written anew: nothing else of an address comes back."""
    said = request.POST.get("there") or request.GET.get("there") or ""
    return asked(QueryDict(said[:MAX_QUERY])).query()


def urls(admin: ConsoleAdmin, known: dict[str, Deed], wrap: Callable[..., Any]) -> list[tuple[str, Any, str]]:
    """(route, view, name) for each verb."""
    name = f"postmortems_{admin.model._meta.model_name}"

    def view(deed: Deed) -> Any:
        return wrap(lambda request, pk: act(admin, request, pk, deed))

    return [(f"<int:pk>/{slug}/", view(deed), f"{name}_{slug}") for slug, deed in known.items()]

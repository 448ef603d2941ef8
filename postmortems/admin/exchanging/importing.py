"""Import in the console: a file or a text, what was understood of it, and on a second POST the drafts."""

from typing import Any, Final, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t
from django.utils.translation import ngettext

from incidents.lifecycle import NotAllowed, Refused
from oncall.admin.base import ConsoleAdmin
from oncall.models import User
from oncall.text import one_line
from postmortems import exchange
from postmortems.exchange import MAX_BYTES, Understood, Unreadable, words
from postmortems.exchange.words import lasting
from postmortems.logic.document import Document
from postmortems.models import Postmortem

TEMPLATE: Final = "admin/postmortems/import.html"


class ImportForm(forms.Form):
    """A file, or its text."""

    file = forms.FileField(
        label=_t("A file"), required=False, help_text=_t("YAML, Markdown or JSON, at most 300 kB."), max_length=200
    )
    text = forms.CharField(
        label=_t("Or its text"),
        required=False,
        strip=False,
        max_length=MAX_BYTES,
        widget=forms.Textarea({"rows": 10, "spellcheck": "false", "class": "io-mono"}),
    )
    name = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def given(self) -> tuple[str, str]:
        """(name, text). Raises Unreadable."""
        file = self.cleaned_data["file"]
        if isinstance(file, UploadedFile):
            if (file.size or 0) > MAX_BYTES:
                raise Unreadable([_("It is too large: at most %(n)d kB.") % {"n": MAX_BYTES // 1000}])
            return one_line(str(file.name), 100), exchange.decoded(file.read())
        return self.cleaned_data["name"], self.cleaned_data["text"].replace("\r\n", "\n")


def read_in(admin: ConsoleAdmin, request: HttpRequest) -> HttpResponse:
    """The form; posted, what was understood; confirmed, the drafts. Only the last writes."""
    if not admin.has_add_permission(request):
        raise PermissionDenied
    posted = request.method == "POST"
    form = ImportForm(
        request.POST if posted else None,
        request.FILES if posted else None,
        label_suffix="",
        use_required_attribute=False,
    )
    if not posted or not form.is_valid():
        return _page(admin, request, form, 400 if posted else 200)
    user, now = cast(User, request.user), timezone.now()
    try:
        name, text = form.given()
        found = exchange.understand(name, text, user, now)
        if "confirm" in request.POST:
            with transaction.atomic():
                made = [exchange.take(each, name, user, now) for each in found]
            return _done(request, made)
    except Unreadable as unreadable:
        for line in unreadable.errors:
            form.add_error(None, line)
        return _page(admin, request, form, 400)
    except (Refused, NotAllowed) as refused:
        form.add_error(None, refused.message)
        return _page(admin, request, form, 409 if isinstance(refused, Refused) and refused.conflict else 400)
    again = ImportForm(initial={"name": name, "text": text})
    context = {"found": [_preview(each) for each in found], "name": name, "again": again}
    return _page(admin, request, form, 200, context)


def _page(
    admin: ConsoleAdmin, request: HttpRequest, form: ImportForm, status: int, more: dict[str, Any] | None = None
) -> HttpResponse:
    context = {"opts": Postmortem._meta, "form": form, **(more or {})}
    return admin.screen(request, TEMPLATE, _("Import postmortems"), context, status)


def _done(request: HttpRequest, made: list[Postmortem]) -> HttpResponse:
    count = len(made)
    said = ngettext("%(n)d draft was made.", "%(n)d drafts were made.", count) % {"n": count}
    messages.success(request, said)
    if count == 1:
        return HttpResponseRedirect(reverse("admin:postmortems_postmortem_change", args=[made[0].pk]))
    return HttpResponseRedirect(reverse("admin:postmortems_postmortem_changelist"))


def _preview(each: Understood) -> dict[str, Any]:
    """One postmortem as the page shows it."""
    compared = each.compared
    return {
        "document": each.document,
        "already": each.already,
        "facts": _facts(each.document),
        "spans": [
            (words.SPANS[name], lasting(span), compared is not None and name == compared.compared_with)
            for name, span in each.spans.items()
        ],
        "stated": words.stated(compared),
        "differs": compared is not None and compared.differs,
        "missing": [(it.rule, exchange.sentence(it.message)) for it in each.findings if it.group == "document"],
        "review": [(it.rule, exchange.sentence(it.message)) for it in each.findings if it.group == "review"],
        "unknown": each.unknown,
        "unplaced": [(it.where, it.line, it.text, exchange.sentence(it.reason)) for it in each.unplaced],
        "notes": [exchange.sentence(it.message) for it in each.notes if not it.where.startswith("instants.")],
        "instants": [
            (words.INSTANTS[it.where.removeprefix("instants.")], it.message.values["at"])
            for it in each.notes
            if it.where.startswith("instants.") and "at" in it.message.values
        ],
    }


def _facts(it: Document) -> list[tuple[str, str]]:
    """What was understood, in short."""
    impact = it.impact
    amounts = [
        impact.users_affected is not None and _("%(n)s users") % {"n": f"{impact.users_affected:,}"},
        impact.revenue_amount is not None and f"{impact.revenue_currency} {impact.revenue_amount:,f}",
        impact.error_budget_percent is not None
        and _("%(n)s %% of the error budget") % {"n": f"{impact.error_budget_percent:f}"},
        impact.failed_requests is not None and _("%(n)s failed requests") % {"n": f"{impact.failed_requests:,}"},
        impact.support_tickets is not None and _("%(n)s tickets") % {"n": f"{impact.support_tickets:,}"},
    ]
    return [
        (_("Date"), it.happened_on.isoformat() if it.happened_on else "—"),
        (_("Severity"), it.severity or "—"),
        (_("Authors"), ", ".join(each.name for each in it.authors) or "—"),
        (_("Impact"), ", ".join(str(each) for each in amounts if each) or (_("in words") if impact.text else "—")),
        (_("Timeline"), ngettext("%(n)d entry", "%(n)d entries", len(it.timeline)) % {"n": len(it.timeline)}),
        (_("Factors"), str(len(it.factors))),
        (_("Action items"), str(len(it.actions))),
    ]

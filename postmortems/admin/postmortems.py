"""Postmortems in the console: the library, the text with what is missing beside it, and the verbs."""

from typing import Any, Final, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from incidents.lifecycle import NotAllowed, Refused
from oncall.admin.base import ConsoleAdmin, badge, opened_within, when
from oncall.models import User
from postmortems import drafting, rights
from postmortems.admin import deeds, doing, exchanging, shapes
from postmortems.admin.editor import views as editor
from postmortems.drafting.editing import visible_incident
from postmortems.models import Postmortem

NAME: Final = "postmortems_postmortem"
SHOWN: Final = 200


class StartForm(forms.Form):
    incident = forms.CharField(label=_("Incident"), max_length=20, help_text=_("Its number, such as INC-2026-0042."))


@admin.register(Postmortem)
class PostmortemAdmin(ConsoleAdmin):
    list_display = ("name", "shape", "standing", "service", "holder", "review", "publication")
    list_display_links = ("name",)
    list_filter = (
        *("state", "severity", "service", "service__team", "factors__factor_class", "kind"),
        opened_within("created_at", _("drafted")),
    )
    list_select_related = ("service", "severity", "owner", "incident")
    search_fields = ("number", "title", "summary", "root_cause", "lessons", "tags__word")
    ordering = ("-created_at", "-id")
    sortable_by = ("name",)
    actions = None

    # -- who may ------------------------------------------------------------------------------------------------------
    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.has_perm(rights.ADD))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return bool(request.user.has_perm(rights.WRITE))
        fixed = obj.state not in Postmortem.UNPUBLISHED or not rights.may_see(obj, cast(User, request.user))
        return not fixed and rights.may(obj, cast(User, request.user), rights.WRITE, owner=True)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Postmortem]:
        """What this person may see: list, autocomplete and search start here."""
        return Postmortem.objects.visible_to(request.user)

    # -- columns ------------------------------------------------------------------------------------------------------
    @admin.display(description=_("postmortem"), ordering="created_at")
    def name(self, row: Postmortem) -> str:
        mark = badge(_("private"), "muted") if row.private else ""
        # Of a small incident the one sentence is all there is: it is read without opening anything.
        below = row.summary if row.kind == Postmortem.Kind.SENTENCE else ""
        return format_html(
            '<span class="io-number">{}</span> <span class="io-subject">{}</span> {}<span class="io-below">{}</span>',
            *(row.number, row.title, mark, below[:SHOWN]),
        )

    @admin.display(description=_("severity"))
    def shape(self, row: Postmortem) -> str:
        return shapes.severity_badge(row.severity)

    @admin.display(description=_("state"))
    def standing(self, row: Postmortem) -> str:
        return shapes.state_badge(row)

    @admin.display(description=_("owner"))
    def holder(self, row: Postmortem) -> str:
        return str(row.owner) if row.owner else badge(_("nobody"), "warn")

    @admin.display(description=_("review scheduled by"))
    def review(self, row: Postmortem) -> str:
        return shapes.clock(row.review_due_at, row.review_scheduled_at, timezone.now())

    @admin.display(description=_("published by"))
    def publication(self, row: Postmortem) -> str:
        return shapes.clock(row.publish_due_at, row.published_at, timezone.now())

    drafted = when("created_at", _("drafted"))

    # -- doors --------------------------------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        made = doing.urls(self, dict(deeds.POSTMORTEM), wrap)
        return [
            path("<int:pk>/save/", wrap(lambda request, pk: editor.save(self, request, pk)), name=f"{NAME}_save"),
            path(
                "<int:pk>/preview/", wrap(lambda request, pk: editor.preview(self, request, pk)), name=f"{NAME}_preview"
            ),
            *(path(route, view, name=name) for route, view, name in made),
            *exchanging.urls(self),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Start one for an incident whose severity asks for none."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        user = cast(User, request.user)
        posted = request.method == "POST"
        form = StartForm(
            request.POST if posted else None,
            initial={"incident": request.GET.get("incident", "")[:20]},
            label_suffix="",
        )
        if posted and form.is_valid():
            incident = visible_incident(form.cleaned_data["incident"], user)
            try:
                if incident is None:
                    raise Refused(_t("There is no such incident."), "incident")
                made = drafting.start(incident, user, timezone.now())
            except Refused as refused:
                form.add_error("incident", refused.message)
            except NotAllowed as refused:
                form.add_error(None, refused.message)
            else:
                return HttpResponseRedirect(reverse("admin:postmortems_postmortem_change", args=[made.pk]))
        context = {"opts": Postmortem._meta, "form": form}
        title = _t("Write a postmortem")
        return self.screen(request, "admin/postmortems/start.html", title, context, 400 if posted else 200)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page on which it is written, or read."""
        if not (object_id.isascii() and object_id.isdigit() and len(object_id) < 19):
            raise Http404
        return editor.page(self, request, int(object_id))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What was done with it stands on its page."""
        where = reverse("admin:postmortems_postmortem_change", args=[object_id])
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(f"{where}#events")

"""Action items in the console: the list, one item with its verbs, and the board."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.admin.steps import ticking
from incidents.lifecycle import NotAllowed, Refused
from oncall.admin.base import ConsoleAdmin, TextInputWidget, badge, link, opened_within
from oncall.models import User
from postmortems import actions, rights
from postmortems.admin import deeds, doing, replanning, shapes
from postmortems.admin.asked import AgeFilter, FinishedFilter, IncidentFilter, OwnerFilter, TeamFilter
from postmortems.admin.board import board
from postmortems.admin.figures import figures
from postmortems.admin.steps import CHECKLIST
from postmortems.models import ActionItem, Factor, Postmortem


class ActionForm(forms.ModelForm):  # type: ignore[type-arg]
    link = forms.URLField(
        label=_("tracker"), required=False, max_length=500, assume_scheme="https", widget=TextInputWidget
    )

    class Meta:
        model = ActionItem
        fields = ("postmortem", "owner", "due_on", *actions.EDITABLE)

    def _post_clean(self) -> None:
        """The values are set by the verb, which judges them; the row stays as it was read."""


class StateFilter(admin.SimpleListFilter):
    title = _("open")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("open")), ("mine", _("open and mine")), ("late", _("overdue")), ("no", _("finished"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> QuerySet[ActionItem]:
        unfinished = Q(status__in=ActionItem.UNFINISHED)
        wanted = {
            "yes": unfinished,
            "mine": unfinished & Q(owner=cast(User, request.user)),
            "late": unfinished & Q(due_on__lt=timezone.localdate()),
            "no": ~unfinished,
        }
        return queryset.filter(wanted.get(str(self.value()), Q()))


@admin.register(ActionItem)
class ActionItemAdmin(ConsoleAdmin):
    form = ActionForm
    change_form_outer_before_template = "admin/postmortems/action.html"
    list_display = ("__str__", "priority", "standing", "holder", "due", "of")
    list_filter = (
        *(StateFilter, "status", "priority", "kind", TeamFilter, "postmortem__service", OwnerFilter, IncidentFilter),
        *(AgeFilter, opened_within("created_at", _("added")), FinishedFilter),
    )
    list_select_related = ("owner", "postmortem__incident")
    search_fields = (
        "description",
        "postmortem__number",
        "postmortem__incident__number",
        "owner__name",
        "owner__username",
    )
    search_help_text = _("Words, owner, or number of a postmortem or an incident")
    autocomplete_fields = ("postmortem", "owner")
    ordering = ("due_on", "id")
    sortable_by = ("due", "priority")
    actions = ("replan", "reassign")

    # -- who may ------------------------------------------------------------------------------------------------------
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user = cast(User, request.user)
        if obj is None:
            return user.has_perm(rights.WRITE_ACTION)
        mine = obj.owner_id == user.pk or user.has_perm(rights.WRITE_ACTION)
        return mine and rights.may_see(obj.postmortem, user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ActionItem]:
        """What this person may see: list, autocomplete and search start here."""
        return ActionItem.objects.visible_to(request.user)

    # -- columns ------------------------------------------------------------------------------------------------------
    @admin.display(description=_("status"))
    def standing(self, row: ActionItem) -> str:
        return shapes.status_badge(row)

    @admin.display(description=_("owner"))
    def holder(self, row: ActionItem) -> str:
        if row.owner:
            return str(row.owner)
        return f"“{row.owner_name}”" if row.owner_name else badge(_("nobody"), "warn")

    @admin.display(description=_("due"), ordering="due_on")
    def due(self, row: ActionItem) -> str:
        return shapes.due_day(row, timezone.now())

    @admin.display(description=_("postmortem"))
    def of(self, row: ActionItem) -> str:
        return link(reverse("admin:postmortems_postmortem_change", args=[row.postmortem_id]), row.postmortem.number)

    # -- many at once -------------------------------------------------------------------------------------------------
    @admin.action(description=_("Move the due date …"), permissions=["change"])
    def replan(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> HttpResponse | None:
        return replanning.replan(self, request, queryset)

    @admin.action(description=_("Hand over …"), permissions=["change"])
    def reassign(self, request: HttpRequest, queryset: QuerySet[ActionItem]) -> HttpResponse | None:
        return replanning.reassign(self, request, queryset)

    # -- the form -----------------------------------------------------------------------------------------------------
    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        said = ("description", ("kind", "priority"), "link")
        if obj is None:
            # What it addresses can be chosen once it is known of which postmortem.
            known = ("factors",) if _postmortem_of(request) else ()
            return ("postmortem", *said, ("owner", "due_on"), "addresses_cause", *known)
        return (*said, "addresses_cause", "factors")

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if "factors" in form.base_fields:
            of = obj.postmortem_id if obj else _postmortem_of(request)
            mine = Postmortem.objects.visible_to(request.user).filter(pk=of or 0)
            form.base_fields["factors"].queryset = Factor.objects.filter(postmortem__in=mine)
        if "postmortem" in form.base_fields:
            form.base_fields["postmortem"].queryset = Postmortem.objects.visible_to(request.user)
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the verbs; `obj` becomes the row that was made."""
        user, now = cast(User, request.user), timezone.now()
        values = form.cleaned_data
        try:
            if change:
                names = [name for name in actions.EDITABLE if name in form.changed_data]
                actions.edit(obj, {name: values[name] for name in names}, user, now)
                return
            given = {name: value for name, value in values.items() if name != "postmortem"}
            obj.pk = actions.add(values["postmortem"], given, user, now).pk
            obj.refresh_from_db()
        except (Refused, NotAllowed) as refused:
            form.refused = refused.message

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The verbs set the factors too."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return super().log_addition(request, obj, message) if obj.pk else None

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        if obj.pk:
            where = reverse("admin:postmortems_postmortem_change", args=[obj.postmortem_id])
            return HttpResponseRedirect(f"{where}#actions")
        messages.error(request, _("Nothing was saved."))
        return HttpResponseRedirect(reverse("admin:postmortems_actionitem_changelist"))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            context["action_item"] = row
            context["status"], context["due"] = shapes.status_badge(row), shapes.due_day(row, timezone.now())
            context["buttons"] = deeds.of_action(row, cast(User, request.user))
            context["moves"] = list(row.moves.select_related("by"))
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    # -- doors --------------------------------------------------------------------------------------------------------
    def site_urls(self) -> list[URLPattern]:
        """The set-up checklist's door: the list is of this app and of the one below."""
        door = self.admin_site.admin_view(ticking(CHECKLIST))
        return [path("setup/<slug:step>/", door, name="setup_step")]

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        made = doing.urls(self, dict(deeds.ACTION), wrap)
        return [
            path("board/", wrap(lambda request: board(self, request)), name="postmortems_actionitem_board"),
            path("figures/", wrap(lambda request: figures(self, request)), name="postmortems_actionitem_figures"),
            *(path(route, view, name=name) for route, view, name in made),
            *super().get_urls(),
        ]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """How its date moved stands on its page; what else was done, on the postmortem's."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        where = reverse("admin:postmortems_actionitem_change", args=[object_id])
        return HttpResponseRedirect(f"{where}#moves")


def _postmortem_of(request: HttpRequest) -> int | None:
    """That for which an action is being added, by the address or the form."""
    said = request.POST.get("postmortem") or request.GET.get("postmortem") or ""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None

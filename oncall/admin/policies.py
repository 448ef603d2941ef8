"""Escalation policies: steps with targets, templates to begin with, and what would happen."""

from copy import deepcopy
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from oncall import paging, policy_templates
from oncall.admin.base import ConfigurationAdmin, StackedInline, TabularInline, action, name_aloud
from oncall.admin.targets import TargetForm, choices
from oncall.models import EscalationPolicy, EscalationStep, Schedule, StepTarget, Team

CHOICES = "oncall.target_choices"


class Targets(TabularInline):
    """Whom a step pages; all of them at once."""

    model = StepTarget
    form = TargetForm
    extra = 0
    hide_title = True
    fields = ["whom", "user"]
    autocomplete_fields = ["user"]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The choices are read once a request, however many steps there are."""
        known = request.META.get(CHOICES)
        if known is None:
            known = request.META[CHOICES] = choices()
        formset = super().get_formset(request, obj, **kwargs)
        field = deepcopy(formset.form.base_fields["whom"])
        field.choices = known
        name_aloud(field)
        formset.form.base_fields = {**formset.form.base_fields, "whom": field}
        return formset


class Steps(StackedInline):
    """Each waits its delay from the step before it."""

    model = EscalationStep
    extra = 0
    fields = [("position", "delay_minutes")]
    inlines = [Targets]


class TemplateForm(forms.Form):
    """Which template, for whom."""

    template = forms.ChoiceField(choices=[(each.slug, each.name) for each in policy_templates.TEMPLATES])
    schedule = forms.ModelChoiceField(Schedule.objects.all(), label=_("Schedule"), empty_label=_("Choose a schedule"))
    team = forms.ModelChoiceField(
        Team.objects.all(),
        label=_("Team"),
        required=False,
        empty_label=_("The schedule's team"),
        help_text=_("Whose lead or manager is paged."),
    )

    def clean(self) -> dict[str, Any]:
        """Lead and manager are a team's: somebody has to name it."""
        values = super().clean() or {}
        schedule = values.get("schedule")
        values["team"] = values.get("team") or (schedule.team if schedule else None)
        if schedule and not values["team"]:
            self.add_error("team", _t("This schedule has no team: choose one."))
        return values


@admin.register(EscalationPolicy)
class Policies(ConfigurationAdmin):
    """Editing a policy does not disturb pages that run by it."""

    list_display = ["name", "slug", "team", "step_count", "repeat"]
    list_select_related = ["team"]
    list_filter = [("team", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["name", "slug"]
    search_help_text = _("Name of the policy")
    autocomplete_fields = ["team"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [(None, {"fields": [("name", "slug"), "team", ("repeat", "repeat_after_minutes")]})]
    inlines = [Steps]
    actions_list = ["from_template"]
    change_form_outer_after_template = "admin/oncall/policy_preview.html"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[EscalationPolicy]":
        rows: QuerySet[EscalationPolicy] = super().get_queryset(request)
        return rows.annotate(count=Count("steps"))

    @admin.display(description=_("steps"), ordering="count")
    def step_count(self, row: Any) -> int:
        return int(row.count)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.template_view)
        urls: list[URLPattern] = super().get_urls()
        return [path("template/", view, name="oncall_escalationpolicy_template"), *urls]

    @action(description=_("Add from template"), url_path="templates", icon="stairs", permissions=["add"])  # type: ignore[untyped-decorator]
    def from_template(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:oncall_escalationpolicy_template"))

    def template_view(self, request: HttpRequest) -> HttpResponse:
        """Three to choose from; the button makes the policy and opens it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = TemplateForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            chosen = form.cleaned_data
            template = policy_templates.by_slug(chosen["template"])
            try:
                made = policy_templates.make_policy(template, chosen["team"], chosen["schedule"], timezone.now())
            except policy_templates.NoSuchLayer as error:
                form.add_error("schedule", str(error))
            else:
                self.log_addition(request, made, [{"added": {}}])
                messages.success(request, _t("%(name)s is made. Look it through.") % {"name": made.name})
                return HttpResponseRedirect(reverse("admin:oncall_escalationpolicy_change", args=[made.pk]))
        context = {"form": form, "templates": policy_templates.TEMPLATES, "opts": self.opts}
        return self.screen(request, "admin/oncall/policy_template.html", _t("Add a policy from a template"), context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With what a page opened now would do."""
        extra = dict(extra_context or {})
        if request.method == "GET" and object_id.isascii() and object_id.isdigit():
            extra["preview"] = paging.preview(int(object_id), "high", timezone.now())
        return super().change_view(request, object_id, form_url, extra)  # type: ignore[no-any-return]

"""Silences in the console: checked when written, obeyed at once."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t
from django.utils.translation import ngettext

from incidents import intake
from incidents.admin.maintenance import WhenFilter
from incidents.logic import silences
from incidents.models import Silence
from oncall.admin.base import ConfigurationAdmin, when


class SilenceForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Silence
        fields = ("service", "matchers", "starts_at", "ends_at", "comment")

    def clean_matchers(self) -> str:
        """Raise ValidationError with what the matcher's grammar says."""
        text = str(self.cleaned_data["matchers"]).strip()
        try:
            silences.parse(text)
        except silences.MatcherError as error:
            raise forms.ValidationError(str(error)) from error
        return text

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("matchers") and not values.get("service") and "matchers" in values:
            raise forms.ValidationError(_("Name a service or write a matcher; this would silence everything."))
        if values.get("starts_at") and values.get("ends_at") and values["ends_at"] <= values["starts_at"]:
            self.add_error("ends_at", _("The end must be after the start."))
        return values


class NotOver(WhenFilter):
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("now", _t("now")), ("planned", _t("planned")), ("over", _t("over"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        now = timezone.now()
        spans = {
            "now": {"starts_at__lte": now, "ends_at__gt": now},
            "planned": {"starts_at__gt": now},
            "over": {"ends_at__lte": now},
        }
        return queryset.filter(**spans.get(str(self.value()), {}))


@admin.register(Silence)
class SilenceAdmin(ConfigurationAdmin):
    form = SilenceForm
    list_display = ("__str__", "service", "begins", "ends", "created_by")
    list_filter = (NotOver, "service")
    list_select_related = ("service", "created_by")
    search_fields = ("comment", "matchers", "service__name")
    actions = ("end_now",)
    begins = when("starts_at", _t("from"))
    ends = when("ends_at", _t("to"))

    def save_model(self, request: HttpRequest, obj: Silence, form: Any, change: bool) -> None:
        if not change and request.user.is_authenticated:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)
        intake.silence_changed(obj, timezone.now())

    @admin.action(description=_t("End now"), permissions=["change"])
    def end_now(self, request: HttpRequest, queryset: models.QuerySet[Silence]) -> None:
        """What still fires is looked at again at once."""
        now = timezone.now()
        ended = 0
        for silence in queryset.filter(starts_at__lt=now, ends_at__gt=now):
            silence.ends_at = now
            silence.save()
            intake.silence_changed(silence, now)
            ended += 1
        text = ngettext("%(n)d silence ended.", "%(n)d silences ended.", ended) % {"n": ended}
        self.message_user(request, text, messages.SUCCESS)

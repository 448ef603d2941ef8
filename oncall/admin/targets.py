"""A step's target in one choice: a layer, a team's lead or manager, a team, a channel, or a person."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from oncall.admin.base import SelectWidget
from oncall.models import Channel, Layer, Schedule, StepTarget, Team

PERSON = "user"
Choices = list[tuple[str, Any]]
_TEAM_KINDS = (StepTarget.Kind.TEAM_LEAD, StepTarget.Kind.TEAM_MANAGER, StepTarget.Kind.TEAM)


def choices() -> Choices:
    """Everything that can be paged but people, who are looked up by name; four queries."""
    layers = Layer.objects.select_related("schedule").order_by("schedule__name", "position", "id")
    schedules: Choices = [(f"layer:{layer.pk}", str(layer)) for layer in layers]
    schedules += [(f"schedule:{row.pk}", _t("%s · first layer") % row) for row in Schedule.objects.all()]
    teams: Choices = []
    for team in Team.objects.all():
        words = (_t("lead of %s"), _t("manager of %s"), _t("everybody in %s"))
        teams += [(f"{kind}:{team.pk}", word % team) for kind, word in zip(_TEAM_KINDS, words, strict=True)]
    channels: Choices = [(f"channel:{row.pk}", str(row)) for row in Channel.objects.all()]
    groups = [(_t("On call"), schedules), (_t("Teams"), teams), (_t("Channels"), channels)]
    return [("", "—"), (PERSON, _t("a person …")), *(group for group in groups if group[1])]


class TargetForm(forms.ModelForm):  # type: ignore[type-arg]
    """`whom` stands for kind, schedule, layer, team and channel; a person is named beside it."""

    whom = forms.ChoiceField(label=_("whom"), widget=SelectWidget)

    class Meta:
        model = StepTarget
        fields = ["user"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].required = False
        self.fields["user"].label = _t("person")
        if self.instance.pk:
            self.initial["whom"] = _told(self.instance)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        whom = values.get("whom", "")
        if whom == PERSON and not values.get("user"):
            self.add_error("user", _t("Name the person."))
        if whom != PERSON:
            values["user"] = None
        return values

    def _post_clean(self) -> None:
        self._aim(self.cleaned_data.get("whom", ""))
        super()._post_clean()  # type: ignore[misc]

    def _aim(self, whom: str) -> None:
        """Write the choice into the row's columns; the others become empty."""
        row = self.instance
        kind, _sep, text = whom.partition(":")
        key = int(text) if text.isdigit() else None
        row.kind = StepTarget.Kind.SCHEDULE if kind == "layer" else (kind or row.kind)
        row.layer_id = key if kind == "layer" else None
        row.schedule_id = key if kind == "schedule" else None
        if row.layer_id:
            row.schedule_id = Layer.objects.values_list("schedule", flat=True).get(pk=row.layer_id)
        row.team_id = key if kind in _TEAM_KINDS else None
        row.channel_id = key if kind == "channel" else None


def _told(row: StepTarget) -> str:
    if row.kind == StepTarget.Kind.SCHEDULE:
        return f"layer:{row.layer_id}" if row.layer_id else f"schedule:{row.schedule_id}"
    if row.kind == StepTarget.Kind.CHANNEL:
        return f"channel:{row.channel_id}"
    return PERSON if row.kind == StepTarget.Kind.USER else f"{row.kind}:{row.team_id}"

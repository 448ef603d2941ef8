"""`working_hours` as documents write them: {days, from, to}, or null where there are none."""

from typing import Any, Final

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from oncall.api.base.serializers import Strict
from oncall.models.fields import DAYS

_DAY: Final = {"type": "string", "enum": list(DAYS)}
_TIME: Final = {"type": "string", "pattern": r"^\d\d:\d\d$", "example": "09:00"}
_SCHEMA: Final = {
    "type": "object",
    "nullable": True,
    "properties": {"days": {"type": "array", "items": _DAY}, "from": _TIME, "to": _TIME},
    "required": ["days", "from", "to"],
}


class _Hours(Strict):
    days = serializers.ListField(child=serializers.ChoiceField(choices=DAYS), allow_empty=False, max_length=7)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            **super().get_fields(),
            "from": serializers.TimeField(format="%H:%M", input_formats=["%H:%M"]),
            "to": serializers.TimeField(format="%H:%M", input_formats=["%H:%M"]),
        }


@extend_schema_field(_SCHEMA)
class WorkingHours(serializers.Field[Any, Any, Any, Any]):
    """Three columns of the owner as one value."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"source": "*", "required": False, **kwargs})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is None:
            return {"working_days": [], "works_from": None, "works_to": None}
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        hours = _Hours(data=data)
        hours.is_valid(raise_exception=True)
        given = hours.validated_data
        if given["from"] == given["to"]:
            raise serializers.ValidationError({"to": _("The end is the start.")})
        days = [day for day in DAYS if day in given["days"]]
        return {"working_days": days, "works_from": given["from"], "works_to": given["to"]}

    def to_representation(self, value: Any) -> dict[str, Any] | None:
        if not value.working_days or value.works_from is None or value.works_to is None:
            return None
        return {
            "days": value.working_days,
            "from": value.works_from.strftime("%H:%M"),
            "to": value.works_to.strftime("%H:%M"),
        }

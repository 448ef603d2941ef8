"""/severities/: what a level means and what it asks of people, as documents write it."""

from typing import Any, Final

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.models import Severity
from oncall.api.base.serializers import Rows
from oncall.api.base.views import NAME, Configuration

NEXT_BUSINESS_DAY: Final = "next_business_day"
MAX_MINUTES: Final = 60 * 24 * 366
MAX_HOURS: Final = 24 * 366
MAX_BUSINESS_DAYS: Final = 366


@extend_schema_field(
    {"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string", "enum": [NEXT_BUSINESS_DAY]}], "nullable": True}
)
class Response(serializers.Field[Any, Any, Any, Any]):
    """Minutes, or next_business_day, or null."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is None:
            return {"response_minutes": None, "response_next_business_day": False}
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if data == NEXT_BUSINESS_DAY:
            return {"response_minutes": None, "response_next_business_day": True}
        if isinstance(data, bool) or not isinstance(data, int) or not 1 <= data <= MAX_MINUTES:
            raise serializers.ValidationError(_("Write minutes, or next_business_day."))
        return {"response_minutes": data, "response_next_business_day": False}

    def to_representation(self, value: Severity) -> int | str | None:
        return NEXT_BUSINESS_DAY if value.response_next_business_day else value.response_minutes


class _Words(serializers.ListField):
    def __init__(self, length: int, **kwargs: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=length), required=False, max_length=50, **kwargs)


class SeveritySerializer(Rows[Severity]):
    response = Response(source="*", required=False)
    examples = _Words(500)
    aware = _Words(150, help_text="Usernames, channel slugs, team_lead or team_manager.")
    required_layers = _Words(100)

    class Meta:
        model = Severity
        fields = [
            *("level", "rank", "name", "description", "examples", "urgency", "page", "response", "update_minutes"),
            *("first_update_minutes", "aware", "required_layers", "commander", "staffing", "room"),
            *("approval_minutes", "ack_timeout_minutes", "postmortem", "review_hours", "publish_business_days"),
        ]
        extra_kwargs = {
            name: {"max_value": MAX_MINUTES}
            for name in ("update_minutes", "first_update_minutes", "approval_minutes", "ack_timeout_minutes")
        } | {
            "review_hours": {"min_value": 1, "max_value": MAX_HOURS},
            "publish_business_days": {"max_value": MAX_BUSINESS_DAYS},
        }


class SeverityViewSet(Configuration[Severity]):
    """Severity profiles, by level. A level is edited, never deleted: incidents carry it."""

    http_method_names = ["get", "post", "put", "patch", "head", "options"]

    queryset = Severity.objects.all()
    serializer_class = SeveritySerializer
    lookup_field = "level"
    lookup_value_regex = NAME

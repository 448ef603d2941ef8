"""/postmortem-templates/: what a draft's sections say before anybody wrote."""

from incidents.models import Severity
from oncall.api.base.serializers import Named, Rows
from oncall.api.base.views import Configuration
from oncall.models import Team
from postmortems.models import PostmortemTemplate


class TemplateSerializer(Rows[PostmortemTemplate]):
    severity = Named(slug_field="level", queryset=Severity.objects.all(), required=False, allow_null=True)
    team = Named(slug_field="slug", queryset=Team.objects.all(), required=False, allow_null=True)

    class Meta:
        model = PostmortemTemplate
        fields = [
            *("id", "name", "severity", "team", "summary", "detection", "symptom", "root_cause", "went_well"),
            *("went_poorly", "got_lucky", "lessons"),
        ]


class TemplateViewSet(Configuration[PostmortemTemplate]):
    """Templates; of several that fit, the team's counts before everybody's, the severity's before all."""

    queryset = PostmortemTemplate.objects.select_related("severity", "team")
    serializer_class = TemplateSerializer

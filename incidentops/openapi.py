"""How the API describes itself: the schema's settings, in drf-spectacular's own form."""

from typing import Any

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "IncidentOps",
    "DESCRIPTION": (
        "On-call schedules, pages, alerts and incidents. Sign in to the console, or send `Authorization: Bearer "
        "<token>`. Lists are {next, previous, results}; instants are RFC 3339; errors are problem details."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "IncidentState": "incidents.models.incidents.Incident.State",
        "Mitigation": "incidents.models.incidents.Incident.Mitigation",
        "TimelineKind": "incidents.models.timeline.TimelineEntry.Kind",
        "TimelineSource": "incidents.models.timeline.TimelineEntry.Source",
        "PageState": "oncall.models.pages.Page.State",
        "NotificationKind": "oncall.models.notifications.Notification.Kind",
        "NotificationState": "oncall.models.notifications.Notification.State",
        "ContactKind": "oncall.models.users.ContactMethod.Kind",
        "Urgency": "oncall.models.fields.Urgency",
        "PostmortemKind": "postmortems.models.postmortems.Postmortem.Kind",
        "PostmortemState": "postmortems.models.postmortems.Postmortem.State",
        "ActionKind": "postmortems.models.actions.ActionItem.Kind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "oncall.api.docs.problems",
        "incidents.api.described.doors",
    ],
}

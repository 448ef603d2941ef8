"""The console's look and navigation, in the theme's own form."""

from typing import Any

UNFOLD: dict[str, Any] = {"SITE_TITLE": "IncidentOps", "SITE_HEADER": "IncidentOps"}

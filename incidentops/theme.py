"""The console's look, in the theme's own form; what it shows is decided in `navigation` and `search`."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from incidentops.sign_in import OIDC_ISSUER

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "IncidentOps",
    "SITE_HEADER": "IncidentOps",
    "SITE_SYMBOL": "crisis_alert",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icons/favicon.svg")},
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "ENVIRONMENT": "incidentops.navigation.environment",
    "DASHBOARD_CALLBACK": "incidentops.index.index",
    "BORDER_RADIUS": "6px",
    "STYLES": [lambda request: static("css/console.css")],
    "SCRIPTS": [lambda request: static("js/console.js")],
    "COLORS": {
        "base": {
            "50": "#f8fafc",
            "100": "#f1f5f9",
            "200": "#e2e8f0",
            "300": "#cbd5e1",
            "400": "#94a3b8",
            "500": "#5b6b82",
            "600": "#475569",
            "700": "#334155",
            "800": "#1e293b",
            "900": "#0f172a",
            "950": "#020617",
        },
        "primary": {
            "50": "#eef4ff",
            "100": "#dbe6fe",
            "200": "#bfd3fe",
            "300": "#93b4fd",
            "400": "#7ba4fb",
            "500": "#5b8df8",
            "600": "#1d55d8",
            "700": "#1a47b4",
            "800": "#1b3d91",
            "900": "#1c3777",
            "950": "#152349",
        },
        "font": {
            "subtle-light": "var(--color-base-500)",
            "subtle-dark": "var(--color-base-400)",
            "default-light": "var(--color-base-600)",
            "default-dark": "var(--color-base-300)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-100)",
        },
    },
    "ACCOUNT": {
        "navigation": [
            {"title": _("My on-call"), "link": reverse_lazy("admin:oncall_mine")},
            {"title": _("Password"), "link": reverse_lazy("account_change_password")},
            {"title": _("Second factors and passkeys"), "link": reverse_lazy("mfa_index")},
            *(
                [{"title": _("Connected sign-ins"), "link": reverse_lazy("socialaccount_connections")}]
                if OIDC_ISSUER
                else []
            ),
        ],
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "incidentops.navigation.navigation",
    },
}

"""How the site is reached: over TLS that a proxy ends, or, inside a closed network, by plain HTTP."""

from datetime import timedelta
from typing import Any

from incidentops.env import Environment

# Django's own findings about what an operator may decide otherwise.
FINDINGS = {
    "SECURE_HSTS_SECONDS": "security.W004",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": "security.W005",
    "SECURE_SSL_REDIRECT": "security.W008",
    "SECURE_HSTS_PRELOAD": "security.W021",
}


def settings_of(site_url: str, env: Environment) -> dict[str, Any]:
    """Django's settings for a site of this address; none where it is reached by plain HTTP."""
    if not site_url.startswith("https://"):
        return {}
    below = env.bool("HSTS_SUBDOMAINS", default=True)
    chosen = {
        "SECURE_HSTS_SECONDS": env.int("HSTS_SECONDS", default=int(timedelta(days=30).total_seconds())),
        # Hosts below our own.
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": below,
        # Browsers' lists take nobody under a year: with our 30 days the word is a wish.
        "SECURE_HSTS_PRELOAD": below and env.bool("HSTS_PRELOAD", default=True),
        # Whoever the proxy says came by plain HTTP; senders' doors stand before this and lead nobody elsewhere.
        "SECURE_SSL_REDIRECT": env.bool("SSL_REDIRECT", default=True),
    }
    return {
        **chosen,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        "SECURE_REDIRECT_EXEMPT": [r"^healthz$", r"^readyz$", r"^metrics$"],
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SILENCED_SYSTEM_CHECKS": [FINDINGS[name] for name, value in chosen.items() if not value],
    }

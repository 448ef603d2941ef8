"""How people sign in: settings of accounts, second factors, single sign-on, and the lock on guessing."""

from typing import Any

from incidentops.env import Environment

env = Environment()
_HTTPS = env.given("SITE_URL").startswith("https://")
_MAIL = bool(env.given("EMAIL_URL"))

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]

# -- Accounts of our own: no sign-up, no verification of addresses, one lock on guessing -------------------------------
ACCOUNT_ADAPTER = "oncall.accounts.Accounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "admin:login"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _HTTPS else "http"
PASSWORD_RESET_BY_MAIL = _MAIL
# The key is the name together with the address it is tried from: a stranger elsewhere locks nobody out of their pager.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/15m/key,200/15m/ip", "login": None}
# The proxy in front (README) appends the client's address; without one the header is anybody's invention.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=1 if _HTTPS else 0)

# Counts of wrong sign-ins lie in the database: every web process sees the same, and a dead Redis locks nobody out.
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "incidentops_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    },
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

# -- Second factors ----------------------------------------------------------------------------------------------------
MFA_ADAPTER = "oncall.accounts.Factors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "IncidentOps"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _HTTPS  # a try-out on http://localhost

# -- Single sign-on ----------------------------------------------------------------------------------------------------
OIDC_ISSUER = env.given("OIDC_ISSUER")
OIDC_CLIENT_ID = env.given("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.given("OIDC_CLIENT_SECRET")
OIDC_NAME = env.given("OIDC_NAME") or "Single sign-on"
OIDC_GROUPS_CLAIM = env.given("OIDC_GROUPS_CLAIM") or "groups"
# What the claim says → which of our groups: `sre=Responder,leads=Incident commander`.
OIDC_GROUPS = [tuple(pair.rpartition("=")[::2]) for pair in env.list("OIDC_GROUPS", default=[])]
# Only by single sign-on, save for the one account that must always get in.
OIDC_ONLY = env.bool("OIDC_ONLY", default=False)
BREAK_GLASS_USER = env.given("BREAK_GLASS_USER") or "admin"

SOCIALACCOUNT_ADAPTER = "oncall.accounts.SingleSignOn"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # a mail address proves nothing: accounts are never taken over by one
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True  # an open session is not enough to link another way in
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form's answer may not lead to another host (form-action); a link may
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, Any]] = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        # The provider's name is the issuer: an account's key is (issuer, subject).
        "APPS": [
            {
                "provider_id": OIDC_ISSUER,
                "name": OIDC_NAME[:40],
                "client_id": OIDC_CLIENT_ID,
                "secret": OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_ISSUER.rstrip("/"), "oauth_pkce_enabled": True},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}

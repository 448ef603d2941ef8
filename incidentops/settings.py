"""All settings, read from the environment only."""

import importlib.util
import os
import zoneinfo
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from incidentops import tls
from incidentops.env import POSTGRES_OPTIONS, Environment, database, generated_secret, require_production

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

ENVIRONMENT = env.str("ENVIRONMENT", default="demo")
PRODUCTION = ENVIRONMENT == "production"
if PRODUCTION:
    require_production(env)

# One pinned zone database decides everywhere; the system's own may be years older.
_tzdata = importlib.util.find_spec("tzdata")
if _tzdata and _tzdata.submodule_search_locations:
    zoneinfo.reset_tzpath(to=[os.path.join(_tzdata.submodule_search_locations[0], "zoneinfo")])

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = False
SECRET_KEY = env.given("SECRET_KEY") or generated_secret(DATA_DIR)
PORT = env.int("PORT", default=8000)
BIND = env.str("BIND", default="127.0.0.1")
SITE_URL = (env.given("SITE_URL") or f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["*"] if not PRODUCTION else [])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
# Each thread may keep a database connection. Most of them wait: for a commit that they share with others.
WEB_PROCESSES = env.int("WEB_PROCESSES", default=1)
WEB_THREADS = env.int("WEB_THREADS", default=32)
SENDER_THREADS = 2  # more of each web process, for what senders post: see processes.gathering
WORKER_CONNECTIONS = 50  # paging and bulk worker with their senders, beat, watchdog
SIMPLE_HISTORY_REVERT_DISABLED = True  # the theme's revert page is broken; going back is `config apply`

# -- Applications -----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # before the admin: its templates win
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.simple_history",  # before simple_history, else the history page is empty
    "incidentops.apps.ConsoleConfig",
    "incidentops.apps.ProjectConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "simple_history",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "oncall",
    "incidents",
    "postmortems",
]
AUTH_USER_MODEL = "oncall.User"
MIDDLEWARE = [
    "incidents.api.door.SendersDoor",  # before all others: they are for people
    "incidentops.middleware.HowItCame",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "incidentops.middleware.ReaderZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]
ROOT_URLCONF = "incidentops.urls"
WSGI_APPLICATION = "incidentops.wsgi.application"
APPEND_SLASH = True
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "incidentops" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"oncall": "oncall.admin.words", "console_list": "oncall.admin.listing"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "incidentops.entrance.frame",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# -- Database ---------------------------------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": database(env.given("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'incidentops.sqlite3'}")
}
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    # One writer at a time by design: WAL, transactions that take the write lock at once, and patience.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
    _database["CONN_MAX_AGE"] = None
else:
    _database["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
    _database["CONN_HEALTH_CHECKS"] = True
    _database["OPTIONS"] = {**POSTGRES_OPTIONS, **_database.get("OPTIONS", {})}

# -- Jobs -------------------------------------------------------------------------------------------------------------
REDIS_URL = env.given("REDIS_URL")
CELERY_BROKER_URL = env.given("BROKER_URL") or REDIS_URL or "filesystem://localhost"
if CELERY_BROKER_URL.startswith("filesystem"):
    _broker = DATA_DIR / "broker"
    _broker.mkdir(exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "folder": str(_broker),
        "polling_interval": 0.1,
    }
else:
    # A frozen Redis blocks a publisher for 90 s unless told otherwise.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "max_retries": 0,
        "visibility_timeout": 300,
    }
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_RESULT_BACKEND = None
CELERY_TASK_DEFAULT_QUEUE = "bulk"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Nobody asks for it, and on RabbitMQ its queue is one worker's alone: a second one of that name on a host would end.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_DB_REUSE_MAX = 1000
CELERY_BEAT_SCHEDULER = "incidentops.clock:Scheduler"
CELERY_BEAT_SYNC_EVERY = 1
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
DJANGO_CELERY_BEAT_TZ_AWARE = True

# -- Messages ---------------------------------------------------------------------------------------------------------
EMAIL_CONFIGURED = bool(env.given("EMAIL_URL"))
if EMAIL_CONFIGURED:
    _mail = env.email_url("EMAIL_URL")
    EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
    EMAIL_HOST, EMAIL_PORT = _mail.get("EMAIL_HOST") or "localhost", _mail.get("EMAIL_PORT") or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_USER") or "", _mail.get("EMAIL_HOST_PASSWORD") or ""
    EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
    EMAIL_FILE_PATH = _mail.get("EMAIL_FILE_PATH") or None
EMAIL_TIMEOUT = 10
# Without a mail server the demo writes its messages to the terminal and to the console's mailbox page.
CONSOLE_TRANSPORT = not PRODUCTION and not EMAIL_CONFIGURED
DEFAULT_FROM_EMAIL = env.given("DEFAULT_FROM_EMAIL") or "IncidentOps <incidentops@localhost>"
SERVER_EMAIL = DEFAULT_FROM_EMAIL
FALLBACK_CHANNEL_URL = env.given("FALLBACK_CHANNEL_URL")
HEARTBEAT_URL = env.given("HEARTBEAT_URL")
CANARY_URL = env.given("CANARY_URL").rstrip("/")  # empty: the web server beside the watchdog, else SITE_URL
OUTBOUND_ALLOW: list[str] = env.list("OUTBOUND_ALLOW", default=[])

# -- Language and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "incidentops" / "locale"]

# -- Static files -----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # else whitenoise warns of it
# Served straight from the packages: nothing to collect before the first page.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600

# -- Security ---------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(days=7).total_seconds())
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000  # a postmortem with a timeline of 500 lines
globals().update(tls.settings_of(SITE_URL, env))

# -- API --------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "oncall.api.base.rights.BearerToken",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["oncall.api.base.rights.ModelRights"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "oncall.api.base.cursor.Cursor",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["oncall.api.base.parsing.StrictJSON"],
    "EXCEPTION_HANDLER": "oncall.api.base.errors.problem_details",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

# -- Logs -------------------------------------------------------------------------------------------------------------
LOGGING_CONFIG = None  # incidentops.logs configures structlog and the standard library together
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")

from incidentops import beat, logs  # noqa: E402  # both read the settings above

CELERY_BEAT_SCHEDULE = beat.schedule()
CELERY_TASK_ROUTES = beat.routes()
logs.configure(json=PRODUCTION, level=LOG_LEVEL)

from incidentops.openapi import SPECTACULAR_SETTINGS  # noqa: E402, F401
from incidentops.sign_in import *  # noqa: E402, F403  # accounts, factors, single sign-on
from incidentops.theme import UNFOLD  # noqa: E402, F401  # the console's look and navigation

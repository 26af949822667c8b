"""Settings of every installation. Everything comes from the environment and is safe when unset.

Without `DATABASE_URL` and `REDIS_URL` the portal runs on SQLite with an in-process broker (`manage.py portal`);
with them the same code runs on PostgreSQL, Redis and separate Celery processes (docker-compose.yml).
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.FileAwareEnv()
if (BASE_DIR / ".env").is_file():
    environ.Env.read_env(str(BASE_DIR / ".env"))

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
DEBUG = env.bool("DEBUG", default=False)
HOST, PORT = env.str("HOST", default="127.0.0.1"), env.int("PORT", default=8000)  # where `manage.py portal` listens
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", HOST])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE_COOKIES = env.bool("SECURE_COOKIES", default=False)
PORTAL_DEMO = env.bool("PORTAL_DEMO", default=False)
SAMPLE_SECRET = "change-me-before-use"


def _secret_key() -> str:
    """The key from the environment, or one made at first start and kept beside the embedded database."""
    given = env.str("SECRET_KEY", default="")
    if given == SAMPLE_SECRET:
        raise ImproperlyConfigured("SECRET_KEY 还是样例值，换成一个随机长串")
    if given:
        return given
    kept = VAR_DIR / "secret_key"
    if not kept.exists():
        from django.core.management.utils import get_random_secret_key

        VAR_DIR.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(get_random_secret_key(), "utf-8")
    return kept.read_text("utf-8")


SECRET_KEY = _secret_key()

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "guardian",
    "axes",
    "csp",
    "django_htmx",
    "oauth2_provider",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "common",
    "audit",
    "accounts",
    "schools",
    "attachments",
    "deadlines",
    "notifications",
    "checklists",
    "governance",
    "pilots",
    "projects",
    "communities",
    "reports",
    "demo",
    "fenghua_portal",
]

MIDDLEWARE = [
    "common.middleware.RequestId",
    "common.middleware.DatabaseAway",
    "common.middleware.ClientAddress",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "common.middleware.CleanQuery",
    "common.oversize.RefuseOversize",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.SessionLimits",
    "accounts.middleware.PasswordFirst",
    "audit.middleware.Refusals",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "common.middleware.NoStore",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "fenghua_portal.urls"
WSGI_APPLICATION = "fenghua_portal.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "reports.context.portal",
            ],
        },
    },
]


def _database() -> dict[str, Any]:
    """PostgreSQL when named, else SQLite in WAL mode; IMMEDIATE transactions wait for each other instead of failing."""
    url = env.str("DATABASE_URL", default="")
    if not url:
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{VAR_DIR / 'portal.sqlite3'}"
    config: dict[str, Any] = dict(environ.Env.db_url_config(url))
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON",
        }
    else:
        config["CONN_MAX_AGE"] = 60
        config["CONN_HEALTH_CHECKS"] = True
        config.setdefault("OPTIONS", {})["connect_timeout"] = 3
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- sign-in -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.AccountBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "phone")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.MixedClasses"},
    {"NAME": "accounts.passwords.NoSequences"},
    {"NAME": "accounts.passwords.NoOwnName"},
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "reports:home"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
# 保管期限 of minutes (structures.md 5.5): the district archive's table decides; shown where minutes are archived.
MINUTES_RETENTION = env.str("MINUTES_RETENTION", default="永久")

SESSION_IDLE = timedelta(minutes=env.int("SESSION_IDLE_MINUTES", default=30))
SESSION_ABSOLUTE = timedelta(hours=env.int("SESSION_HOURS", default=12))
SESSION_COOKIE_AGE = int(SESSION_ABSOLUTE.total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "common.views.csrf_failure"

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "accounts.views.locked_out"
AXES_CLIENT_IP_CALLABLE = "common.middleware.client_address"
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_SENSITIVE_PARAMETERS: list[str] = ["username"]
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

ANONYMOUS_USER_NAME = None  # django-guardian makes no account for visitors
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
DJANGO_ADMIN = env.bool("DJANGO_ADMIN", default=False)

# --- transport -----------------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = SECURE_COOKIES and env.bool("SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_COOKIES else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_COOKIES
SECURE_HSTS_PRELOAD = SECURE_COOKIES
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}

# --- language, files -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["fenghua_portal.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MANIFEST_STATIC = env.bool("MANIFEST_STATIC", default=False)
WHITENOISE_USE_FINDERS = not MANIFEST_STATIC
if WHITENOISE_USE_FINDERS:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # empty, but WhiteNoise warns when it is missing
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if MANIFEST_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 8000  # minutes of 20 items with 20 members
FILE_UPLOAD_PERMISSIONS = 0o640
UPLOAD_LIMIT = 20 * 1024 * 1024
REQUEST_LIMIT = 25 * 1024 * 1024  # several files at once; nginx.conf says the same

# --- mail ----------------------------------------------------------------------------------------------------------
_mail = environ.Env.email_url_config(env.str("EMAIL_URL", default="consolemail://"))
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _mail.get("EMAIL_HOST") or "localhost", _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_USER") or "", _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = bool(_mail.get("EMAIL_USE_TLS")), bool(_mail.get("EMAIL_USE_SSL"))
EMAIL_FILE_PATH = _mail.get("EMAIL_FILE_PATH")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="portal@localhost")
PORTAL_URL = env.str("PORTAL_URL", default=f"http://localhost:{PORT}").rstrip("/")
PORTAL_TITLE = "奉化区中小学校治理平台"
MESSAGE_ID_DOMAIN = env.str("MESSAGE_ID_DOMAIN", default="portal.local")

# --- Celery: the database is the truth, the broker may forget everything -------------------------------------------
CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {
        "visibility_timeout": 900,
        "unacked_restore_interval": 5,
        "socket_connect_timeout": 3,
        "socket_timeout": 10,
        "health_check_interval": 15,
        "global_keyprefix": env.str("REDIS_PREFIX", default=""),
    }
    if REDIS_URL
    else {"polling_interval": 0.2}
)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1 if REDIS_URL else 0
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = {
    "deadlines-sweep": {"task": "deadlines.sweep", "schedule": 60.0, "options": {"expires": 55}},
    "notifications-dispatch": {"task": "notifications.dispatch", "schedule": 10.0, "options": {"expires": 9}},
    "notifications-deliver": {"task": "notifications.deliver", "schedule": 20.0, "options": {"expires": 19}},
    "schools-appointments": {"task": "schools.refresh_appointments", "schedule": crontab(hour=0, minute=5)},
    "governance-replay": {"task": "governance.replay", "schedule": 5.0, "options": {"expires": 4.5}},
    "attachments-read-words": {"task": "attachments.read_words", "schedule": 20.0, "options": {"expires": 19}},
    "reports-index": {"task": "reports.index", "schedule": 20.0, "options": {"expires": 19}},
    "governance-dossiers": {"task": "governance.dossiers", "schedule": 5.0, "options": {"expires": 4.5}},
    "governance-expire-dossiers": {"task": "governance.expire_dossiers", "schedule": 3600.0},
    "governance-purge-bin": {"task": "governance.purge_bin", "schedule": crontab(hour=3, minute=40)},
    "reports-fold": {"task": "reports.fold", "schedule": 60.0, "options": {"expires": 55}},
    "reports-recount": {"task": "reports.recount", "schedule": crontab(hour=2, minute=40)},
    "accounts-housekeeping": {"task": "accounts.housekeeping", "schedule": crontab(hour=3, minute=15)},
}
BEAT_STALE_AFTER = timedelta(minutes=5)

# --- REST ----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "common.api.authentication.ClientToken",
        "common.api.authentication.BrowserSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["common.api.permissions.SignedInWithScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "common.api.problems.problem_response",
    "DEFAULT_THROTTLE_CLASSES": ["common.api.throttling.PerCaller"],
    "DEFAULT_THROTTLE_RATES": {"caller": env.str("API_RATE", default="6000/min")},
    "DATETIME_FORMAT": "iso-8601",
}
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "oauth2_provider.AccessToken"
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "oauth2_provider.RefreshToken"
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "oauth2_provider.IDToken"
OAUTH2_PROVIDER_GRANT_MODEL = "oauth2_provider.Grant"
OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = "oauth2_provider.DeviceGrant"
OAUTH2_PROVIDER = {
    "SCOPES_BACKEND_CLASS": "schools.oauth.PortalScopes",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "ALLOWED_GRANT_TYPES": ["client_credentials"],
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "PKCE_REQUIRED": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    **{
        f"COMPLIANT_BCP_RFC9700_{name}": True
        for name in (
            *("IMPLICIT_GRANT", "PASSWORD_GRANT", "PKCE_METHOD", "ACCESS_TOKEN_TRANSPORT", "AUTHZ_RESPONSE_ISS"),
            *("TOKEN_STORAGE", "REFRESH_TOKEN"),
        )
    },
}
SPECTACULAR_SETTINGS = {
    "TITLE": "奉化区中小学校治理平台 REST 接口",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "MeetingStatus": "governance.models.MeetingStatus",
        "TaskStatus": "checklists.models.TaskStatus",
        "AttendanceStatus": "governance.models.Attendance",
        "SchoolRulesStatus": "governance.models.SchoolRulesStatus",
        "TalkResult": "governance.models.TalkResult",
        "TopicStatus": "governance.models.TopicStatus",
        "PilotStatus": "schools.models.PilotStatus",
        "ItemStatus": "governance.api.schemas.ITEM_STATUS",
        "Outcome": "governance.models.Outcome",
        "ResultOutcome": "governance.api.schemas.RESULT_OUTCOME",
        "AdoptedOutcome": "governance.api.schemas.ADOPTED_OUTCOME",
        "PolicyKind": "pilots.models.PolicyKind",
        "PolicyStatus": "pilots.models.PolicyStatus",
        "ReceiptStatus": "pilots.models.ReceiptStatus",
        "ApplicationStatus": "pilots.models.ApplicationStatus",
        "PlanStatus": "pilots.models.PlanStatus",
        "PlanSection": "pilots.models.SectionKey",
        "FoundationKind": "pilots.models.FoundationKind",
        "FlagshipKind": "projects.models.flagships.Kind",
        "FlagshipStatus": "projects.api.schemas.VISIBLE_STATUSES",
        "AwardLevel": "projects.models.awards.Level",
        "CommunityStatus": "communities.models.community.CommunityStatus",
        "ResourceKind": "communities.models.lists.Kind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "fenghua_portal.api.document_token",
    ],
}

# --- logs: one JSON line an event, no personal data ----------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "common.logging.json_formatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "axes": {"level": "ERROR"},
        "celery": {"level": "WARNING"},
        "waitress": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # access.py asks guardian itself; no backend answers `has_perm`

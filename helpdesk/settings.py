"""Settings, all from the environment; docs/configuration.md lists the variables."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import structlog

from helpdesk import embedded

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / ".data"))).resolve()

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
# Said by the supervisor, which would do it: see helpdesk.supervisor.emptying.
CAN_START_EMPTY = DEMO and env.bool("CAN_START_EMPTY", default=False)
HOST = env("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
BASE_URL = env("BASE_URL", default=f"http://{HOST}:{PORT}").rstrip("/")
EVENTS_URL = env("EVENTS_URL", default="/events/")
IS_HTTPS = BASE_URL.startswith("https://")


def _secret_key() -> str:
    """The key from the environment, else one made at the first run and kept in DATA_DIR (0600)."""
    if given := os.environ.get("SECRET_KEY"):
        return given
    path = DATA_DIR / "secret_key"
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key := secrets.token_urlsafe(50))
    return key


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[urlsplit(BASE_URL).hostname or HOST, "127.0.0.1", "localhost"]
)
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "common",
    "audit",
    "branding",
    "accounts",
    "topics",
    "knowledge",
    "customers",
    "sla",
    "mail",
    "tickets",
    "reports",
    "privacy",
    "transfers",
    "integrations",
    "rules",
    "api",
    "desk",
    "portal",
    "helpdesk",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "anymail",
    "corsheaders",
    "csp",
    "django_htmx",
]

MIDDLEWARE = [
    "helpdesk.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "csp.middleware.CSPMiddleware",
    "helpdesk.middleware.ServiceUnavailable",
    "corsheaders.middleware.CorsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "helpdesk.middleware.ignore_unreadable_cookies",
    "helpdesk.programs.without_cookies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "helpdesk.middleware.offered_language",
    "helpdesk.middleware.refuse_unreadable_input",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "helpdesk.sessions.timed",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "helpdesk.programs.known_by_token",
    "helpdesk.access.AccessMiddleware",
    "helpdesk.middleware.audited",
]

ROOT_URLCONF = "helpdesk.urls"
WSGI_APPLICATION = "helpdesk.wsgi.application"
ASGI_APPLICATION = "helpdesk.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["common.templatetags.ui", "common.templatetags.addressing"],
            "libraries": {"i18n": "common.templatetags.translating"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "helpdesk.context.site",
            ],
        },
    }
]
# Our i18n takes the place of Django's on purpose.
SILENCED_SYSTEM_CHECKS = ["templates.W003"]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# PostgreSQL -------------------------------------------------------------------------------------
STATEMENT_TIMEOUT = env("STATEMENT_TIMEOUT", default="15s")
_database = env.db("DATABASE_URL", default=embedded.database_url(DATA_DIR))
DATABASES = {
    "default": {
        **_database,
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": env.bool("DISABLE_SERVER_SIDE_CURSORS", default=False),
        "OPTIONS": {
            # What stands behind the ? of the address, such as sslmode=verify-full.
            **_database.get("OPTIONS", {}),
            "connect_timeout": 3,
            "options": (
                f"-c statement_timeout={STATEMENT_TIMEOUT} -c lock_timeout=5s"
                " -c idle_in_transaction_session_timeout=30s"
            ),
        },
    }
}
# As whom `manage.py prepare` makes and migrates the tables, when that is another role.
DATABASE_OWNER = env.db("DATABASE_OWNER_URL") if env("DATABASE_OWNER_URL", default="") else None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis: a doorbell and a cache, never the memory of anything -------------------------------------
REDIS_URL = env("REDIS_URL", default=embedded.redis_url(DATA_DIR))
CACHES = {
    "default": {
        "BACKEND": "common.cache.SteadfastCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}

# Celery: reliability_security.md section 2 has the measurements behind each value ----------------
CELERY_BROKER_URL = embedded.celery_url(REDIS_URL)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # A worker waits on its connection; a web process that rings gives up sooner (gunicorn_conf).
    "socket_timeout": env.float("BROKER_SOCKET_TIMEOUT", default=5),
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 5,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_RETRY_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 100
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 5000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ROUTES = {"sla.tasks.sweep_commitments": {"queue": "sweep"}}
CELERY_BEAT_SCHEDULE = {
    "sweep commitments": {
        "task": "sla.tasks.sweep_commitments",
        "schedule": 1.0,
        "options": {"expires": 5},
    },
    "mail notifications": {
        "task": "mail.tasks.mail_notifications",
        "schedule": 1.0,
        "options": {"expires": 5},
    },
    "rules on what happened": {
        "task": "rules.tasks.run_on_occurrences",
        "schedule": 1.0,
        "options": {"expires": 5},
    },
    "rules of time": {
        "task": "rules.tasks.run_on_time",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "open recurring tickets": {
        "task": "rules.tasks.open_recurring",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "delete files of the erased": {
        "task": "privacy.tasks.delete_doomed_files",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "forget customers whose time is over": {
        "task": "privacy.tasks.forget_due",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "make hand-outs": {
        "task": "privacy.tasks.continue_hand_outs",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "go on with imports": {
        "task": "transfers.tasks.continue_imports",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "make exports of the desk": {
        "task": "transfers.tasks.continue_exports",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "delete expired transfers": {
        "task": "transfers.tasks.delete_expired",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "delete expired hand-outs": {
        "task": "privacy.tasks.delete_expired_hand_outs",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "deliver waiting letters": {
        "task": "mail.tasks.deliver_waiting",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "sign of life": {
        "task": "common.tasks.sign_of_life",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "remind or close": {
        "task": "tickets.tasks.fire_due_waits",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "tell that it takes longer": {
        "task": "tickets.tasks.hold_due_promises",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "send scheduled replies": {
        "task": "tickets.tasks.send_scheduled",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "file waiting mail": {
        "task": "tickets.tasks.file_waiting_mail",
        "schedule": 3.0,
        "options": {"expires": 10},
    },
    # Each mailbox says itself when its next look is due; this asks them.
    "fetch mail": {
        "task": "mail.tasks.fetch_waiting",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "tell of silent mailboxes": {
        "task": "mail.tasks.tell_of_silent_mailboxes",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "tell of waiting mail": {
        "task": "tickets.tasks.tell_of_waiting_mail",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "note acknowledgements": {
        "task": "tickets.tasks.note_acknowledgements",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "take up letters that failed": {
        "task": "tickets.tasks.take_up_failures",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "continue rematch": {
        "task": "tickets.tasks.continue_rematch",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "continue bulk changes": {
        "task": "tickets.tasks.continue_bulk_changes",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "give out what waits for somebody": {
        "task": "tickets.tasks.hand_out_waiting",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "take back what nobody works on": {
        "task": "tickets.tasks.take_back_idle",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "look where ended tickets fell short": {
        "task": "tickets.tasks.judge_ended",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "say each day what waits": {
        "task": "tickets.tasks.send_due_digests",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "seal what was changed": {
        "task": "audit.tasks.seal_changes",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "forget old records": {
        "task": "audit.tasks.forget_old",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "keep figures": {
        "task": "reports.tasks.keep_figures",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "continue exports": {
        "task": "reports.tasks.continue_exports",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "send saved reports": {
        "task": "reports.tasks.send_due_reports",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "delete expired exports": {
        "task": "reports.tasks.delete_expired_exports",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "forget old answers": {
        "task": "accounts.tasks.forget_old_answers",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "forget expired sessions": {
        "task": "accounts.tasks.forget_expired_sessions",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "tell other systems": {
        "task": "integrations.tasks.tell_waiting",
        "schedule": 2.0,
        "options": {"expires": 5},
    },
    "forget old deliveries": {
        "task": "integrations.tasks.forget_old_deliveries",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "discard abandoned uploads": {
        "task": "tickets.tasks.discard_abandoned_uploads",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
}

# Mail ---------------------------------------------------------------------------------------------
EMAIL_FILE_PATH = str(DATA_DIR / "mail")
if anymail_backend := env("ANYMAIL_BACKEND", default=""):
    EMAIL_BACKEND = f"anymail.backends.{anymail_backend}.EmailBackend"
elif email_url := env("EMAIL_URL", default=""):
    vars().update(env.email_url_config(email_url))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_TIMEOUT = 20
ANYMAIL = {
    name.removeprefix("ANYMAIL_"): value
    for name, value in os.environ.items()
    if name.startswith("ANYMAIL_") and name != "ANYMAIL_BACKEND"
}
_host = urlsplit(BASE_URL).hostname or "localhost"
# An address like support@127.0.0.1 is no address: a number needs a name beside it.
MAIL_HOST = env("MAIL_HOST", default="localhost" if _host[-1].isdigit() or ":" in _host else _host)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=f"support@{MAIL_HOST}")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# A host of its own for the addresses that answers go to, so that nobody can sign up elsewhere under
# an address of the company's own domain and read here what is sent to it.
MAIL_REPLY_HOST = env("MAIL_REPLY_HOST", default="")
# Where mailboxes are signed in to; other addresses are those of the providers' national clouds.
_microsoft = env("MICROSOFT_LOGIN_URL", default="https://login.microsoftonline.com").rstrip("/")
OAUTH_ADDRESSES = {
    "microsoft": {
        "authorize": f"{_microsoft}/{{tenant}}/oauth2/v2.0/authorize",
        "token": f"{_microsoft}/{{tenant}}/oauth2/v2.0/token",
    },
    "google": {
        "authorize": env(
            "GOOGLE_LOGIN_URL", default="https://accounts.google.com/o/oauth2/v2/auth"
        ),
        "token": env("GOOGLE_TOKEN_URL", default="https://oauth2.googleapis.com/token"),
    },
}
# The resolver that the DNS page of a mailbox asks, such as 192.0.2.53; empty: it asks nobody.
DNS_RESOLVER = env("DNS_RESOLVER", default="")
# Networks of our own that webhooks may lead into, such as 10.1.0.0/16; all others are out of reach.
WEBHOOK_ALLOWED_NETWORKS = env.list("WEBHOOK_ALLOWED_NETWORKS", default=[])
BRAND_NAME = env("BRAND_NAME", default="Yakusoku")
# How long an agent can take a reply back before it leaves; 0: it leaves at once.
UNDO_SEND_SECONDS = env.int("UNDO_SEND_SECONDS", default=10)

# Language and time --------------------------------------------------------------------------------
LANGUAGE_CODE = env("LANGUAGE_CODE", default="ja")
LANGUAGES = [("ja", "日本語"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env("TIME_ZONE", default="Asia/Tokyo")
USE_TZ = True

# People who work here -----------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Agent"
AUTHENTICATION_BACKENDS = ["accounts.backends.SignedIn"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk:queue"
ACCOUNT_ADAPTER = "desk.sign_in.AgentAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_FORMS = {
    "login": "desk.sign_in_forms.SignInForm",
    "reset_password": "desk.sign_in_forms.NewPasswordForm",
}
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/15m/key"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = BRAND_NAME
# In half minutes: telephones are slow or fast, and so are fingers.
MFA_TOTP_TOLERANCE = 1
MFA_ADAPTER = "desk.sign_in.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "desk.sign_in_forms.CodeForm",
    "reauthenticate": "desk.sign_in_forms.CodeAgainForm",
    "activate_totp": "desk.sign_in_forms.ActivateAppForm",
    "add_webauthn": "desk.sign_in_forms.AddPasskeyForm",
    "edit_webauthn": "desk.sign_in_forms.EditPasskeyForm",
}
# The company's identity provider; see accounts.company_sign_in.
OIDC_ISSUER = env("OIDC_ISSUER", default="")
OIDC_CLIENT_ID = env("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env("OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env("OIDC_NAME", default=urlsplit(OIDC_ISSUER).hostname or "")
# How long the link in a letter leads to a new password.
PASSWORD_RESET_TIMEOUT = 3600

# The browser's side of safety ---------------------------------------------------------------------
SESSION_COOKIE_AGE = 24 * 3600
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
LANGUAGE_COOKIE_NAME = "language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = IS_HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "helpdesk.errors.csrf_failure"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
# A proxy that says how the visitor came makes it safe to send who came without TLS to the address with.
BEHIND_TLS_PROXY = env.bool("BEHIND_TLS_PROXY", default=False)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=BEHIND_TLS_PROXY)
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": [
            "'self'",
            *(
                ["{0.scheme}://{0.netloc}".format(urlsplit(EVENTS_URL))]
                if "//" in EVENTS_URL
                else []
            ),
        ],
        "manifest-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb")
}
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT

# The API: who may call it from a page of theirs, and how it describes itself --------------------------
API_ORIGINS = env.list("API_ORIGINS", default=[])
CORS_ALLOWED_ORIGINS = API_ORIGINS
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CORS_ALLOW_HEADERS = (
    *("accept", "accept-language", "authorization", "content-type"),
    *("idempotency-key", "if-match", "if-none-match"),
)
CORS_EXPOSE_HEADERS = (
    *("ETag", "Idempotent-Replayed", "Link", "Location", "Retry-After"),
    *("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"),
)
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=300)
API_MAX_BYTES = 12 * 1024 * 1024
SPECTACULAR_SETTINGS = {
    "TITLE": "Yakusoku API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "POSTPROCESSING_HOOKS": [],
    "DISABLE_ERRORS_AND_WARNINGS": True,
}

# Limits (reliability_security.md section 5) -------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
ATTACHMENT_MAX_BYTES = 10 * 1024 * 1024
ATTACHMENT_MAX_COUNT = 10
ATTACHMENTS_MAX_TOTAL_BYTES = 25 * 1024 * 1024
# Files that are somewhat too large are refused with the text kept; beyond this nothing is read.
REQUEST_MAX_BYTES = 64 * 1024 * 1024
FORM_POSTS_PER_TEN_MINUTES = env.int("FORM_POSTS_PER_TEN_MINUTES", default=100)
# How many acknowledgements one customer gets, and all addresses of one domain together.
ACKNOWLEDGEMENTS_PER_HOUR = env.int("ACKNOWLEDGEMENTS_PER_HOUR", default=3)
ACKNOWLEDGEMENTS_PER_DAY = env.int("ACKNOWLEDGEMENTS_PER_DAY", default=10)
ACKNOWLEDGEMENTS_PER_DOMAIN_AND_HOUR = env.int("ACKNOWLEDGEMENTS_PER_DOMAIN_AND_HOUR", default=100)
# An answer to what was resolved longer ago than this is a new ticket.
REOPEN_WITHIN_DAYS = env.int("REOPEN_WITHIN_DAYS", default=14)
# More new tickets than this from one address in ten minutes are one matter.
TICKET_FLOOD = env.int("TICKET_FLOOD", default=20)
# How long who changed what, and who looked at what, is kept; whole months go at once.
AUDIT_CHANGES_KEPT_DAYS = env.int("AUDIT_CHANGES_KEPT_DAYS", default=3 * 365)
AUDIT_LOOKS_KEPT_DAYS = env.int("AUDIT_LOOKS_KEPT_DAYS", default=365)
METRICS_TOKEN = env("METRICS_TOKEN", default="")

# Files --------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = env("STATIC_ROOT", default=str(DATA_DIR / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = str(DATA_DIR / "files")
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "common.storage.StaticStorage"},
}
if S3_BUCKET := env("S3_BUCKET", default=""):  # needs the optional group "s3"
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": S3_BUCKET, "querystring_auth": True, "default_acl": None},
    }
WHITENOISE_MAX_AGE = 3600

# Logs: one JSON line per event, without personal data ---------------------------------------------
_shared_processors: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
structlog.configure(
    processors=[*_shared_processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _shared_processors,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {"django.request": {"level": "ERROR"}, "kombu": {"level": "WARNING"}},
}

if SENTRY_DSN := env("SENTRY_DSN", default=""):  # needs the optional group "sentry"
    import sentry_sdk

    sentry_sdk.init(dsn=SENTRY_DSN, send_default_pii=False)

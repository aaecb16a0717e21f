"""Every setting, in one file. What differs between machines comes from the environment.

Long because whoever looks for a setting finds it here.
"""

import secrets
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

import django_stubs_ext
import structlog
from csp.constants import NONE, SELF
from psycopg.conninfo import conninfo_to_dict

from config import embedded, logs
from config.env import BASE_DIR, address, data_dir, env

# Classes that are generic in Django's stubs may be subscripted at run time too.
django_stubs_ext.monkeypatch()

DATA_DIR = data_dir()
DEBUG = env("DEBUG", bool, False)

HOST, PORT = address()
# Where people reach Clearway. Links in mails, allowed hosts and HTTPS follow from it.
ON_EVERY_ADDRESS = HOST in {"0.0.0.0", "[::]"}  # noqa: S104
BASE_URL = env("CLEARWAY_URL", str, f"http://{'localhost' if ON_EVERY_ADDRESS else HOST}:{PORT}")
HTTPS = BASE_URL.startswith("https://")

# The demo shows its sign-ins and its mail to every visitor. Only `make run` turns it on unasked,
# and only where it has loaded the sample portfolio.
DEMO = env("CLEARWAY_DEMO", bool, False)


def _secret_key() -> str:
    """The key in the data directory, made on first use; the first of several processes wins."""
    path = DATA_DIR / "secret_key"
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = DATA_DIR / f"secret_key.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


SECRET_KEY = env("SECRET_KEY", str, "") or _secret_key()

# Listening on every address without a CLEARWAY_URL, nobody knows by which name one will be called.
ALLOWED_HOSTS = (
    ["*"]
    if ON_EVERY_ADDRESS and not env("CLEARWAY_URL", str, "")
    else [urlsplit(BASE_URL).hostname or "", "localhost", "127.0.0.1", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = [BASE_URL] if HTTPS else []

INSTALLED_APPS = [
    "audit",
    "look",
    "accounts",
    "playbook",
    "initiatives",
    "checklists",
    "risks",
    "metrics",
    "operations",
    "gates",
    "portfolio",
    "reminders",
    "webhooks",
    "api",
    "whitenoise.runserver_nostatic",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.forms",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "pgtrigger",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "django_structlog",
]

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "api.problems.ProblemMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.text.TextMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.middleware.ReaderMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

_loaders: list[Any] = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
if not DEBUG:
    _loaders = [("django.template.loaders.cached.Loader", _loaders)]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("template_partials.loader.Loader", _loaders)],
            "builtins": [
                "template_partials.templatetags.partials",
                "look.templatetags.shapes",
                "look.templatetags.formats",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "look.context_processors.theme",
                "portfolio.nav.nav",
            ],
        },
    }
]
FORM_RENDERER = "look.forms.LookRenderer"

# --- Records, cache and queue


def _database(url: str) -> dict[str, Any]:
    """A PostgreSQL URL as Django wants it. libpq reads it, so all of its options work."""
    options: dict[str, Any] = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": options.pop("dbname", ""),
        "USER": options.pop("user", ""),
        "PASSWORD": options.pop("password", ""),
        "HOST": options.pop("host", ""),
        "PORT": options.pop("port", ""),
        # A connection that died with a restarted server is replaced before it is handed out.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **options,
            # For the one query that is prepared (gates/casequery.py): planned for any ids, once.
            "options": f"{options.get('options', '')} -c plan_cache_mode=force_generic_plan",
            "pool": {"min_size": 1, "max_size": 4, "timeout": 10},
        },
    }


DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": _database(env("DATABASE_URL", str, embedded.database_url(DATA_DIR)))}


REDIS_URL = env("REDIS_URL", str, embedded.redis_url(DATA_DIR))
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "clearway",
        "TIMEOUT": 300,
    }
}
# What pages can do without: sessions and counts, which the database has too.
CACHES["pages"] = {**CACHES["default"], "BACKEND": "config.cache.DispensableCache"}

# Celery names the same socket with a scheme of its own.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A message whose worker died comes back after this time; every task is safe to repeat.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 240
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    # One indexed query when no figure came. Lists lag behind figures by this much, and a rollout
    # that figures stream in for is judged no oftener.
    "follow-figures": {
        "task": "gates.tasks.follow_figures",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},
    },
    # One indexed query when no figure is due to be fetched.
    "fetch-figures": {
        "task": "metrics.tasks.fetch_due",
        "schedule": timedelta(seconds=15),
        "options": {"expires": 15},
    },
    # One indexed query when nothing is due; a message older than a minute has a successor.
    "sweep-reminders": {
        "task": "reminders.tasks.sweep",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    # What the calendar changes, changes at midnight somewhere; once an hour is soon enough.
    "refresh-standings": {
        "task": "gates.tasks.refresh_standings",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3600},
    },
    "settle-slips": {
        "task": "gates.tasks.settle_slips",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3600},
    },
    # One statement when nothing happened, as reminders.
    "sweep-webhooks": {
        "task": "webhooks.tasks.sweep",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "forget-answers": {
        "task": "accounts.tasks.forget_answers",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3600},
    },
    "revoke-overdue-goes": {
        "task": "gates.tasks.revoke_overdue_goes",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3600},
    },
    # Once a day would do, but beat remembers nothing when it starts anew.
    "reconcile-promises": {
        "task": "gates.tasks.reconcile_promises",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3600},
    },
}

# --- People

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.Backend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reset_password": "accounts.forms.ForgottenForm",
    "reset_password_from_key": "accounts.forms.ReplaceForm",
    "change_password": "accounts.forms.ChangeForm",
    "reauthenticate": "accounts.forms.ConfirmForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# Counted per address they would shut out a whole office behind one. Axes counts passwords per
# account; what is left for this are the codes of the second step, per account.
ACCOUNT_RATE_LIMITS: dict[str, str] = {"login_failed": "5/300s/key", "login": ""}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Clearway"
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.CodeAgainForm",
    "activate_totp": "accounts.forms.ActivateCodeForm",
}
# Addresses are verified by the invitation's link, which allauth does not know of.
MFA_ALLOW_UNVERIFIED_EMAIL = True
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "accounts.lockout.username"
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.address"
# How many addresses at the end of X-Forwarded-For our own proxies wrote; 0 ignores the header.
ALLAUTH_TRUSTED_PROXY_COUNT = env("PROXY_COUNT", int, 0)
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_VERBOSE = False

SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_CACHE_ALIAS = "pages"

# --- Language and time

LANGUAGE_CODE = "en-gb"
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True
# Where the organisation's days begin: weeks and days of measurements are counted there.
ORGANISATION_TIME_ZONE = str(env("CLEARWAY_TIME_ZONE", ZoneInfo, ZoneInfo("UTC")))

# --- Files

STATIC_URL = "/static/"
STATIC_ROOT = env("STATIC_ROOT", Path, DATA_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
# The largest file that the import takes, and a little for the rest of its form.
DATA_UPLOAD_MAX_MEMORY_SIZE = 21 * 1024 * 1024

# --- Mail


def _email(url: str) -> dict[str, Any]:
    """smtp://user:password@host:587?tls=1 (or ?ssl=1) as Django's settings."""
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.scheme != "smtp" or not parts.hostname:
        raise SystemExit(f"EMAIL_URL={url!r}: expected smtp://user:password@host:port?tls=1")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or 25,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": query.get("tls") == "1",
        "EMAIL_USE_SSL": query.get("ssl") == "1",
    }


EMAIL_URL = env("EMAIL_URL", str, "")
if EMAIL_URL:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    globals().update(_email(EMAIL_URL))
elif DEMO:
    EMAIL_BACKEND = "reminders.mailbox.EmailBackend"
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", str, f"Clearway <clearway@{urlsplit(BASE_URL).hostname}>")
SERVER_EMAIL = parseaddr(DEFAULT_FROM_EMAIL)[1]

# --- Browser security

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "img-src": [SELF, "data:"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS

# Hosts inside that requests of Clearway's own (webhooks, pulled metrics) may go to nevertheless.
ALLOWED_HOSTS_OUT = frozenset(
    host.strip().lower() for host in env("CLEARWAY_ALLOWED_HOSTS_OUT", str, "").split(",") if host
)

# --- Logs: one line an event, readable on a terminal, JSON elsewhere

LOG_JSON = env("LOG_JSON", bool, False)
_shared_processors: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                logs.mask_secrets,
                logs.no_trace_of_refusals,
                *(
                    [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
                    if LOG_JSON
                    else [
                        structlog.dev.ConsoleRenderer(
                            colors=False, exception_formatter=structlog.dev.plain_traceback
                        )
                    ]
                ),
            ],
            "foreign_pre_chain": _shared_processors,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django_structlog": {"level": "INFO" if LOG_JSON else "WARNING"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
structlog.configure(
    processors=[*_shared_processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)

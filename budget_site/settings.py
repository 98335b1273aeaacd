"""All settings, read from the environment. docs/reference.md lists them."""

from __future__ import annotations

import os
import re
import sys

from budget_site.data_folder import BASE, data_folder, secret_key
from budget_site.databases import database
from budget_site.edge.proxies import Proxies
from budget_site.environment import (
    env_address,
    env_bool,
    env_choice,
    env_int,
    env_json,
    env_list,
    env_path_prefix,
    env_tokenizers,
)

BASE_DIR = BASE
DATA_DIR = data_folder()

SECRET_KEY = secret_key(DATA_DIR)
DEBUG = env_bool("TOKEN_BUDGET_DEBUG", False)
ALLOWED_HOSTS = env_list(
    "TOKEN_BUDGET_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = env_list("TOKEN_BUDGET_TRUSTED_ORIGINS", [])
# Behind a proxy that ends TLS: secure cookies, HSTS.
BEHIND_TLS = env_bool("TOKEN_BUDGET_BEHIND_TLS", False)
# The proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.
PROXIES = Proxies(
    "TOKEN_BUDGET_PROXIES",
    env_list("TOKEN_BUDGET_PROXIES", ["127.0.0.1", "::1"] if BEHIND_TLS else []),
)
# The site's path behind a proxy, such as "/budget"; "" for a host of its own.
PATH_PREFIX = env_path_prefix("TOKEN_BUDGET_PATH_PREFIX")
FORCE_SCRIPT_NAME = PATH_PREFIX or None

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "django_htmx",
    "tracker",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "tracker.pages.frame.middleware.content_security.ContentSecurityPolicyMiddleware",
    "tracker.pages.frame.middleware.store_away.StoreAwayMiddleware",
    "tracker.pages.frame.middleware.compressed.CompressedMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tracker.pages.frame.middleware.request_user.RequestUserMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tracker.pages.frame.middleware.login_again.LoginAgainMiddleware",
    "tracker.admin.readers_zone.ReadersZoneMiddleware",
]
ROOT_URLCONF = "budget_site.urls"
ASGI_APPLICATION = "budget_site.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tracker.pages.frame.chrome.chrome",
            ],
        },
    },
]

DATABASES = {
    "default": database(
        DATA_DIR, connections=env_int("TOKEN_BUDGET_DB_CONNECTIONS", 16, least=4)
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The in-memory layer reaches the sockets of one process. With REDIS_URL every process
# hears of the others.
REDIS_URL = os.environ.get("REDIS_URL", "")
# A frozen server does not answer: wait no longer than this.
REDIS_SECONDS = {"socket_timeout": 2, "socket_connect_timeout": 2}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [{"address": REDIS_URL, **REDIS_SECONDS}],
            "prefix": "token-budget",
        },
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

# Counts failed logins. With REDIS_URL all processes count together. Django's own 300
# entries would let a hundred failures of others drop the count of a name.
ALONE = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "OPTIONS": {"MAX_ENTRIES": 50_000},
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "token-budget",
        "OPTIONS": REDIS_SECONDS,
    }
    if REDIS_URL
    else ALONE,
    # Used while the shared one is away: then each process counts for itself.
    "alone": ALONE | {"LOCATION": "alone"},
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# In full: Django adds the prefix itself only to what it renders within a request.
STATIC_URL = f"{PATH_PREFIX}/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
# For development and tests: serve assets from static/, without collectstatic.
STATIC_FROM_SOURCE = env_bool("TOKEN_BUDGET_STATIC_FROM_SOURCE", False)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if STATIC_FROM_SOURCE
        else "servestatic.storage.CompressedManifestStaticFilesStorage"
    },
}
# An asset that collectstatic has not seen keeps its plain name instead of a 500.
SERVESTATIC_MANIFEST_STRICT = False
SERVESTATIC_USE_FINDERS = SERVESTATIC_AUTOREFRESH = STATIC_FROM_SOURCE

SESSION_COOKIE_HTTPONLY = True
# Below a prefix, other sites of the same host are not sent this site's cookies.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = PATH_PREFIX or "/"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = BEHIND_TLS
# Probes, Prometheus and programs on this machine ask these without the proxy.
SECURE_REDIRECT_EXEMPT = [
    rf"^{re.escape(PATH_PREFIX.lstrip('/'))}/?{path}"
    for path in ("(healthz|readyz|metrics)$", "api/")
]
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
# Off unless asked for: both forbid plain HTTP for other sites of the domain, too.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env_bool("TOKEN_BUDGET_HSTS_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = env_bool("TOKEN_BUDGET_HSTS_PRELOAD", False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # which recommend them
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"

# ---- alerts ---------------------------------------------------------------------
# Whether a project's administrator may send alerts into the server's own network.
ALERT_PRIVATE_TARGETS = env_bool("TOKEN_BUDGET_ALERT_PRIVATE_TARGETS", False)
# Where threshold events and compressions also go, as OTLP logs: the whole address.
OTLP_LOGS = env_address("TOKEN_BUDGET_OTLP_LOGS") or env_address(
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"
)
OTLP_LOGS_HEADERS = os.environ.get("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "")
# Without a mail server there are no channels by e-mail.
EMAIL_HOST = os.environ.get("TOKEN_BUDGET_EMAIL_HOST", "")
EMAIL_PORT = env_int("TOKEN_BUDGET_EMAIL_PORT", 587, least=1)
EMAIL_HOST_USER = os.environ.get("TOKEN_BUDGET_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("TOKEN_BUDGET_EMAIL_PASSWORD", "")
_email_security = env_choice(
    "TOKEN_BUDGET_EMAIL_SECURITY", "starttls", ("starttls", "tls", "none")
)
EMAIL_USE_TLS, EMAIL_USE_SSL = _email_security == "starttls", _email_security == "tls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("TOKEN_BUDGET_EMAIL_FROM", "token-budget@localhost")

# ---- limits of what is accepted -------------------------------------------------
MIB = 1024 * 1024
USAGE_BODY_BYTES = 8 * MIB  # POST /api/v1/usage
USAGE_BATCH_REPORTS = 1_000
OTLP_BODY_BYTES = 32 * MIB  # after decompression
OPTIMIZE_BODY_BYTES = 32 * MIB  # POST …/optimize and …/compressions
GATEWAY_BODY_BYTES = 64 * MIB  # a model call through /gateway/
DATA_UPLOAD_MAX_MEMORY_SIZE = OPTIMIZE_BODY_BYTES
FILE_UPLOAD_MAX_MEMORY_SIZE = MIB // 4  # larger bodies wait in a temporary file
PAGE_BODY_BYTES = MIB  # forms
PAGE_BODIES_BYTES = 64 * MIB  # of all forms that are being received
# What a caller without a key may take: `budget_site/edge/guarded_http.py`.
HEAD_SECONDS = env_int("TOKEN_BUDGET_HEAD_SECONDS", 20, least=1)
BODY_SECONDS = env_int("TOKEN_BUDGET_BODY_SECONDS", 60, least=1)
CONNECTIONS_PER_ADDRESS = env_int("TOKEN_BUDGET_CONNECTIONS_PER_ADDRESS", 500, least=1)
# Reports that may wait for a commit; further ones get 503 with Retry-After.
INGEST_QUEUE_REPORTS = env_int("TOKEN_BUDGET_QUEUE_REPORTS", 20_000, least=1)
# How often live news is sent, in milliseconds.
LIVE_TICK_MS = env_int("TOKEN_BUDGET_LIVE_TICK_MS", 100, least=10)
# A page sends `ping` when its socket was silent for so long.
LIVE_PING_SECONDS = env_int("TOKEN_BUDGET_LIVE_PING_SECONDS", 20, least=1)
# Summarisers beside the extractive one: name -> dotted path, or path and options.
TOKEN_BUDGET_SUMMARISERS = env_json("TOKEN_BUDGET_SUMMARISERS")
# Tokenizers a policy may name, beside tiktoken's: name -> package.module:function.
TOKEN_BUDGET_TOKENIZERS = env_tokenizers("TOKEN_BUDGET_TOKENIZERS")
# Processes that compress conversations. A project uses at most one at a time. With
# two of them, a long call of one project does not hold up the others.
COMPRESSION_WORKERS = env_int("TOKEN_BUDGET_COMPRESSION_WORKERS", 2, least=1)
COMPRESSION_SECONDS = env_int("TOKEN_BUDGET_COMPRESSION_SECONDS", 30, least=1)
# Calls that may wait for a worker; further ones get 503 with Retry-After.
COMPRESSION_QUEUE = env_int("TOKEN_BUDGET_COMPRESSION_QUEUE", 64, least=4)
SUMMARISER_WORKERS = env_int("TOKEN_BUDGET_SUMMARISER_WORKERS", 8, least=1)
SUMMARISER_SECONDS = env_int("TOKEN_BUDGET_SUMMARISER_SECONDS", 150, least=1)

# `json` writes one object per line, for log collectors; `text` is for people.
LOG_FORMAT = env_choice("TOKEN_BUDGET_LOG_FORMAT", "text", ("text", "json"))
# One line per request. Under heavy ingest that is a line per report.
ACCESS_LOG = env_bool("TOKEN_BUDGET_ACCESS_LOG", False)
LOG_DIR = DATA_DIR / "logs"
LOG_DIR.mkdir(mode=0o700, exist_ok=True)
# judgements.jsonl is locked with a file lock. The lock's library would also import
# redis, for a lock that is not used here: an eighth of the time that each command takes
# to start. None makes that import fail, as where redis is not installed.
sys.modules.setdefault("portalocker.redis", None)  # type: ignore[arg-type]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"
        },
        "json": {"()": "budget_site.log_lines.JsonLines"},
        "bare": {"format": "%(message)s"},
    },
    "filters": {
        "request": {"()": "budget_site.log_lines.WithRequest"},
        "tokens": {"()": "budget_site.log_lines.WithoutTokens"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["request", "tokens"],
        },
        # One JSON object per judged report; never the text of messages. Several
        # processes write this file: without a lock one writes into the file that
        # another has just renamed, or renames it twice, and lines are lost.
        "judgements": {
            "class": "concurrent_log_handler.ConcurrentRotatingFileHandler",
            "filename": LOG_DIR / "judgements.jsonl",
            "encoding": "utf-8",
            "maxBytes": 50 * MIB,
            "backupCount": 3,
            "formatter": "bare",
        },
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # A client's mistake is not logged: its answer says what is wrong.
        "django.request": {"level": "ERROR"},
        # While Valkey is away it logs a traceback each second; the hub logs one line.
        "channels_redis": {"level": "CRITICAL"},
        "tracker": {"level": os.environ.get("TOKEN_BUDGET_LOG_LEVEL", "INFO")},
        "tracker.requests": {"level": "INFO" if ACCESS_LOG else "WARNING"},
        "tracker.judgements": {"handlers": ["judgements"], "propagate": False},
    },
}

"""Settings, all from the environment; production values are the defaults.

`make run` writes `.local/env`, which is read here when no DATABASE_URL is given, so that a bare
`manage.py` command finds the embedded services. A database that is given never picks up the
demo settings that lie in that file.
"""

from datetime import time
from pathlib import Path
from urllib.parse import urlsplit

import environ
from botocore.config import Config
from csp.constants import NONE, SELF
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from clinic.lib import queues, s3
from clinic.lib.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
if "DATABASE_URL" not in env.ENVIRON:
    environ.Env.read_env(BASE_DIR / ".local" / "env")

# -- The installation ------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
# Keys that were used before: what they signed or encrypted is still read.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[urlsplit(SITE_URL).hostname or "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL])
# Demo data, demo logins and the mailbox page: never in a database that was given, unless asked.
DEMO = env.bool("DEMO", default=False)
MAILBOX_DIR = env.str("MAILBOX_DIR", default="")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    # Its pages are loaded with the addresses (clinic.urls): workers and commands start without.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "clinic",
    "accounts",
    "notifications",
    "documents",
    "booking",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "storages",
]

MIDDLEWARE = [
    "clinic.middleware.RequestContextMiddleware",
    "clinic.middleware.CrossOriginMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "clinic.middleware.BodyLimitMiddleware",
    "booking.api.fast_lane.FastLane",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clinic.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.signed_in.IdleMiddleware",
    "accounts.second_factors.required.SecondFactorMiddleware",
    "accounts.middleware.PortalTimeMiddleware",
    # Last, as its documentation asks: it turns a locked-out sign-in into its answer.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"

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
                "clinic.context_processors.site",
            ],
        },
    },
    {
        "BACKEND": "notifications.rendering.engine.Letters",
        "NAME": "letters",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {},
    },
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# -- Stores ----------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres://127.0.0.1:5432/clinic")}
# A new connection costs five times a kept one; a pool gains nothing over this.
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"].setdefault("application_name", "clinic")
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 3)
# Nobody waits longer for somebody else's lock; what must (delivery's records) says so itself.
DATABASES["default"]["OPTIONS"].setdefault("options", "-c lock_timeout=3s")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        # Valkey is a help, never a condition: without it the site goes on, slower.
        "BACKEND": "clinic.lib.cache.ForgivingCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "clinic",
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,
        },
    }
}
# How long an answer of free times may be served from the cache, unless a change drops it earlier.
CACHE_TTL_SECONDS = env.int("CACHE_TTL_SECONDS", default=60)

# Without collected files (one machine) they are served where they lie; the image collects them.
STATIC_MANIFEST = env.bool("STATIC_MANIFEST", default=False)
S3_BUCKET = env.str("S3_BUCKET", default="clinic")
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", default="") or None
S3_REGION = env.str("S3_REGION", default="us-east-1")
# Where browsers send uploads to and fetch pictures of pages from.
S3_ORIGIN = s3.origin(S3_ENDPOINT_URL, region=S3_REGION, bucket=S3_BUCKET)
# The key that encrypts each object (SSE-KMS: its ARN); empty: the store's own keys (SSE-S3).
S3_KMS_KEY_ID = env.str("S3_KMS_KEY_ID", default="")
STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": S3_ENDPOINT_URL,
            "access_key": env.str("S3_ACCESS_KEY_ID", default="") or None,
            "secret_key": env.str("S3_SECRET_ACCESS_KEY", default="") or None,
            "region_name": S3_REGION,
            "object_parameters": s3.encryption(S3_KMS_KEY_ID),
            "client_config": Config(
                s3=s3.addressing(S3_ENDPOINT_URL),
                # A store that accepts and says nothing holds a worker for seconds, not minutes.
                connect_timeout=2,
                read_timeout=3,
                retries={"total_max_attempts": 2, "mode": "standard"},
            ),
            "default_acl": None,
            "file_overwrite": False,
            "querystring_auth": True,
            "querystring_expire": 60,
        },
    },
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if STATIC_MANIFEST
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
# Where the head of the audit trail's seals is kept, under object lock; empty: nowhere.
AUDIT_BUCKET = env.str("AUDIT_BUCKET", default="")
# For so long nobody can remove what lies there: neither we nor the account's owner.
AUDIT_LOCK_DAYS = env.int("AUDIT_LOCK_DAYS", default=365)

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles" if STATIC_MANIFEST else None
WHITENOISE_USE_FINDERS = not STATIC_MANIFEST
WHITENOISE_MAX_AGE = env.int("STATIC_MAX_AGE", default=3600)

DOCUMENT_MAX_BYTES = env.int("DOCUMENT_MAX_BYTES", default=25 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Files are not counted by Django's own limit. Where they are sent, how large one may be: staff send
# doctors' photos, and what they scan; patients without JavaScript documents. Both are counted
# as they come.
UPLOAD_PATHS = {
    "/admin/accounts/doctor/": 10 * 1024 * 1024,
    "/documents/upload/": DOCUMENT_MAX_BYTES,
    "/admin/documents/scan/": DOCUMENT_MAX_BYTES,
}

# -- People ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    # Carries Django's own permissions too; a second backend would hash each wrong password twice.
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "after_login"
LOGOUT_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "notifications.allauth.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupDetailsForm"
ACCOUNT_FORMS = {"signup": "accounts.signup.SignupForm"}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60  # mail may take minutes
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_CHANGE_EMAIL = True  # one address a person; a new one counts once its code was entered
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before changing how one signs in
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""

# Who gets nowhere without a second factor: names of roles. Demo logins are spared the second step.
MFA_REQUIRED = env.list("MFA_REQUIRED", default=[] if DEMO else ["doctor", "staff", "operator"])
MFA_ADAPTER = "accounts.second_factors.adapter.Adapter"
MFA_FORMS = {
    "authenticate": "accounts.second_factors.forms.AuthenticateForm",
    "reauthenticate": "accounts.second_factors.forms.ReauthenticateForm",
    "activate_totp": "accounts.second_factors.forms.ActivateTOTPForm",
    "add_webauthn": "accounts.second_factors.forms.AddPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A clock may be off by half a minute; a code counts once all the same (second_factors.codes).
MFA_TOTP_TOLERANCE = 1
# Wrong codes within fifteen minutes after which no code is tried any more.
MFA_WRONG_CODES = env.int("MFA_WRONG_CODES", default=5)

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "accounts.signin.attempted_email"
AXES_LOCKOUT_CALLABLE = "accounts.signin.locked_out"
AXES_CLIENT_IP_CALLABLE = "clinic.middleware.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # operators unlock people on the page of their login

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = env.int("SESSION_COOKIE_AGE", default=60 * 60 * 12)
SESSION_COOKIE_NAME = "clinic_session"
# Doctors, staff and operators are signed out after so long without a request; 0: never.
IDLE_MINUTES = env.int("IDLE_MINUTES", default=15)

# -- Transport security ----------------------------------------------------------------------

# HTTPS=0 is for one machine on loopback; everywhere else cookies and redirects insist on TLS.
HTTPS = env.bool("HTTPS", default=True)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "clinic.views.csrf_failure"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies that we run stand before the application, each adding to X-Forwarded-For.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", S3_ORIGIN],
        "connect-src": [SELF, S3_ORIGIN],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# Alpine, which the admin's theme is built on, evaluates expressions: wider, and only there.
ADMIN_CONTENT_SECURITY_POLICY = {
    "script-src": [SELF, "'unsafe-eval'", "'unsafe-inline'"],
    "style-src": [SELF, "'unsafe-inline'"],
}

# -- Background work and messages ------------------------------------------------------------

AWS_REGION = env.str("AWS_REGION", default="us-east-1")
# A Redis URL, or "sqs://": then the queues' URLs are given too.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL)
SQS_QUEUE_URLS = {
    queues.DEFAULT: env.str("SQS_DEFAULT_URL", default=""),
    queues.MESSAGES: env.str("SQS_MESSAGES_URL", default=""),
    queues.DOCUMENTS: env.str("SQS_DOCUMENTS_URL", default=""),
}
SQS_DEAD_LETTERS_URL = env.str("SQS_DEAD_LETTERS_URL", default="")
CELERY_BROKER_TRANSPORT_OPTIONS = queues.transport_options(
    CELERY_BROKER_URL, region=AWS_REGION, urls=SQS_QUEUE_URLS
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_QUEUES = queues.queues()
CELERY_TASK_DEFAULT_QUEUE = queues.DEFAULT
CELERY_TASK_ROUTES = queues.ROUTES
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_TIME_LIMIT = queues.LONGEST_TASK
# A request that enqueues while the broker is down must not hang: the sweep finds its message.
CELERY_TASK_PUBLISH_RETRY = False
# What a killed machine had begun is given to another worker; what killed its own process is not,
# or it would kill one after the other: it ends with the dead letters.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONSUMER = "clinic.worker:Consumer"
CELERY_WORKER_ENABLE_REMOTE_CONTROL = not queues.is_sqs(CELERY_BROKER_URL)  # needs fan-out
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="smtp://127.0.0.1:1025")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Clinic <no-reply@example.org>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# How mail leaves: "smtp" (EMAIL_URL) or "ses". How text messages leave: "file" (the mailbox of
# this machine), "sns", or "none": everything goes by mail.
EMAIL_OUTLET = env.str("EMAIL_OUTLET", default="smtp")
SMS_OUTLET = env.str("SMS_OUTLET", default="file" if MAILBOX_DIR else "none")
# Messages a second, all workers together; 0: the account's quota (SES), or no limit.
EMAIL_PER_SECOND = env.float("EMAIL_PER_SECOND", default=0)
SMS_PER_SECOND = env.float("SMS_PER_SECOND", default=0)
# Only for stand-ins of the services, on this machine.
SES_ENDPOINT_URL = env.str("SES_ENDPOINT_URL", default="") or None
SNS_ENDPOINT_URL = env.str("SNS_ENDPOINT_URL", default="") or None
SES_CONFIGURATION_SET = env.str("SES_CONFIGURATION_SET", default="")
# The topics whose tellings of bounces and deliveries are believed (ARNs); others get 403.
SNS_TOPICS = env.list("SNS_TOPICS", default=[])
# Texts that one number gets within a day; what is beyond goes by mail. 0: no limit.
SMS_PER_NUMBER_A_DAY = env.int("SMS_PER_NUMBER_A_DAY", default=20)
SMS_SENDER_ID = env.str("SMS_SENDER_ID", default="")
# What one part of a text message costs, for the count; no provider's price is known here.
SMS_PART_PRICE = env.str("SMS_PART_PRICE", default="0.00645")
# Between these hours of the clinic's clock people may be reminded.
WAKING_FROM = time.fromisoformat(env.str("WAKING_FROM", default="08:00"))
WAKING_UNTIL = time.fromisoformat(env.str("WAKING_UNTIL", default="20:00"))
# What takes back the reminders that wait, for who wants none any more: people know of no messages.
TAKE_BACK_REMINDERS = "notifications.outbox.void_reminders"
# From then on, by the same clock, doctors are told what the next day holds.
AGENDA_AT = time.fromisoformat(env.str("AGENDA_AT", default="18:00"))

# Who may read /metrics says so with this token; empty: there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# -- Booking ---------------------------------------------------------------------------------

# The country whose phone numbers may be written without a country code (ISO 3166).
PHONE_REGION = env.str("PHONE_REGION", default="US")
HOLD_MINUTES = env.int("HOLD_MINUTES", default=10)
SLOT_HORIZON_DAYS = env.int("SLOT_HORIZON_DAYS", default=60)
# From how many days before a visit its patient is asked to confirm it.
CONFIRM_ATTENDANCE_DAYS = env.int("CONFIRM_ATTENDANCE_DAYS", default=7)
TREATING_DAYS_AFTER_VISIT = env.int("TREATING_DAYS_AFTER_VISIT", default=365)
API_TOKEN_HOURS = env.int("API_TOKEN_HOURS", default=12)
# The two plain endpoints for a static site: which visit type they offer, and how far ahead.
GUEST_VISIT_TYPE = env.str("GUEST_VISIT_TYPE", default="")
GUEST_DAYS = env.int("GUEST_DAYS", default=14)
GUEST_CONFIRM_HOURS = env.int("GUEST_CONFIRM_HOURS", default=2)
# How many times one network may keep without anybody having signed in or followed a mailed link.
HOLDS_PER_ADDRESS = env.int("HOLDS_PER_ADDRESS", default=10)
GUEST_REQUESTS_PER_ADDRESS = env.int("GUEST_REQUESTS_PER_ADDRESS", default=3)
# The waiting list: how long a freed time is kept for whom it is offered to, how many are asked
# before it is left to everybody, and from when to when (by the clinic's clock) nobody is asked.
WAITLIST_OFFER_MINUTES = env.int("WAITLIST_OFFER_MINUTES", default=30)
WAITLIST_MAX_OFFERS = env.int("WAITLIST_MAX_OFFERS", default=3)
WAITLIST_QUIET_FROM = time.fromisoformat(env.str("WAITLIST_QUIET_FROM", default="21:00"))
WAITLIST_QUIET_UNTIL = time.fromisoformat(env.str("WAITLIST_QUIET_UNTIL", default="08:00"))
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])

# -- Documents -------------------------------------------------------------------------------

# Where documents ask what a visit still wants, and say that it has come (`asked`, `fulfil`).
WANTED_DOCUMENTS = "booking.operations.wanted"
# For how long an upload form, and a link to read, may be used: seconds.
DOCUMENT_FORM_SECONDS = env.int("DOCUMENT_FORM_SECONDS", default=15 * 60)
DOCUMENT_LINK_SECONDS = env.int("DOCUMENT_LINK_SECONDS", default=60)
# What was deleted can be had back for so long.
DOCUMENT_UNDO_DAYS = env.int("DOCUMENT_UNDO_DAYS", default=30)
# Whether the family may delete what it sent; a clinic that is bound to keep it says no.
DOCUMENT_PATIENTS_DELETE = env.bool("DOCUMENT_PATIENTS_DELETE", default=True)
# For how many years documents are kept, by kind, where that is not what `documents.retention` says
# ("result=7,consent=6"); and until which age what is a child's.
DOCUMENT_KEEP_YEARS = env.dict("DOCUMENT_KEEP_YEARS", cast={"value": int}, default={})
DOCUMENT_KEEP_MINORS_UNTIL_AGE = env.int("DOCUMENT_KEEP_MINORS_UNTIL_AGE", default=21)
# The virus scanner (clamd): "host:port" or a socket's path; empty: files are not scanned.
CLAMD_ADDRESS = env.str("CLAMD_ADDRESS", default="")
# What tells the operators that a record was opened in an emergency: people know of no messages.
TELL_OF_EMERGENCY = "notifications.emergencies.tell_operators"
EMERGENCY_ACCESS_MINUTES = env.int("EMERGENCY_ACCESS_MINUTES", default=60)

# -- API -------------------------------------------------------------------------------------

THROTTLES = env.bool("THROTTLES", default=True)
THROTTLE_RATES: dict[str, str | None] = {
    "anonymous": "120/min",
    "user": "240/min",
    "token": "10/min",
    "hold": "20/min",
    "guest-address": "10/hour",
    "guest-email": "5/hour",
    "feed": "30/min",
    "emergency": "10/hour",
}
# The pages' own limits (sign-up, codes, reset) have bounds set by allauth, per address and email;
# wrong passwords are limited besides by axes, in the database.
# By the name alone only against guessing from very many addresses, or anybody could lock
# anybody out.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,50/300s/key"} if THROTTLES else False
MFA_RATE_LIMITS: dict[str, str] | bool = {} if THROTTLES else False
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["clinic.lib.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_RATES": THROTTLE_RATES if THROTTLES else dict.fromkeys(THROTTLE_RATES),
    "DEFAULT_THROTTLE_CLASSES": [
        "clinic.lib.throttles.AnonymousThrottle",
        "clinic.lib.throttles.UserThrottle",
    ],
    "EXCEPTION_HANDLER": "clinic.lib.problems.exception_handler",
    "NUM_PROXIES": TRUSTED_PROXIES,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Clinic booking",
    "DESCRIPTION": "Find a free time and book a visit. Errors are RFC 9457 problem documents.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

# -- Language and time -----------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"  # the database's; pages use the clinic's zone
USE_I18N = True
LANGUAGE_CODE = "en"
# Each comes with its catalogue in locale/, whole: half-translated pages help nobody. Each is called
# by its own name: who looks for it may not read the others.
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "clinic_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = HTTPS

# -- Logs ------------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = logging_config(level=LOG_LEVEL, json=env.bool("LOG_JSON", default=not DEBUG))
LOGGING_CONFIG = "clinic.lib.logs.configure"

UNFOLD = {
    "SITE_TITLE": _("Clinic staff portal"),
    "SITE_HEADER": _("Staff portal"),
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "THEME": "light",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("img/favicon.svg")}
    ],
    "STYLES": [
        lambda _request: static("css/portal.css"),
        lambda _request: static("css/idle.css"),
    ],
    "SCRIPTS": [lambda _request: static("js/idle.js")],
    "DASHBOARD_CALLBACK": "booking.desk.portal.dashboard",
    "SIDEBAR": {"navigation": "booking.desk.portal.navigation"},
    "COLORS": {
        "primary": {
            "50": "232 243 242",
            "100": "209 231 229",
            "200": "163 207 204",
            "300": "117 183 178",
            "400": "62 147 143",
            "500": "11 110 110",
            "600": "11 110 110",
            "700": "9 90 90",
            "800": "7 70 70",
            "900": "5 54 54",
            "950": "3 36 36",
        }
    },
}

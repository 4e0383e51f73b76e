"""What this installation is, and what it is made of."""

from urllib.parse import urlsplit

from clinic.settings.environment import BASE_DIR, env

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
    "clinic.lib.tracing.middleware.TracingMiddleware",
    "clinic.edge.OriginMiddleware",
    "clinic.middleware.CrossOriginMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "clinic.edge.HealthMiddleware",
    "clinic.middleware.BodyLimitMiddleware",
    "clinic.lib.replica.marks.OwnWrites",
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

"""The HTTP API, and how often anybody may ask."""

from clinic.settings.environment import env
from clinic.settings.transport import TRUSTED_PROXIES

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

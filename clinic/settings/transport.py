"""TLS, cookies, proxies, and what a page may load."""

from csp.constants import NONE, SELF

from clinic.settings.environment import env
from clinic.settings.files import S3_ORIGIN, STATIC_ORIGIN

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
# The proxy before us says by X-Forwarded-Proto how it was called, and lets no caller say it. Behind
# CloudFront and a load balancer that is the balancer: so CloudFront must call it by HTTPS.
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies that we run stand before the application, each adding to X-Forwarded-For: one for
# a load balancer, two for CloudFront before it.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
# What CloudFront adds to each request as X-Origin-Verify; without it we answer 403. Two values
# while one is exchanged; empty: nobody is asked.
ORIGIN_SECRET = env.list("ORIGIN_SECRET", default=[])
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"

# Ours, and where our static files are found if that is another origin.
OWN = [SELF, *filter(None, [STATIC_ORIGIN])]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": OWN,
        "img-src": [*OWN, "data:", S3_ORIGIN],
        "connect-src": [SELF, S3_ORIGIN],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# Alpine, which the admin's theme is built on, evaluates expressions: wider, and only there.
ADMIN_CONTENT_SECURITY_POLICY = {
    "script-src": [*OWN, "'unsafe-eval'", "'unsafe-inline'"],
    "style-src": [*OWN, "'unsafe-inline'"],
}

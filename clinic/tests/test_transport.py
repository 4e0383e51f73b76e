"""What the settings are where nothing is said of transport: production."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from django.conf import settings

ASK = """
import json
from django.conf import settings as s
print(json.dumps({
    "redirect": s.SECURE_SSL_REDIRECT, "hsts": s.SECURE_HSTS_SECONDS,
    "session": s.SESSION_COOKIE_SECURE, "csrf": s.CSRF_COOKIE_SECURE, "debug": s.DEBUG,
    "database": [s.DATABASES[name]["OPTIONS"].get("sslrootcert") for name in s.DATABASES],
    "policy": [*s.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()],
    "portal": [*s.ADMIN_CONTENT_SECURITY_POLICY.items()],
    "static": s.STATIC_URL,
    "cache": [s.CACHES["default"]["LOCATION"], s.CELERY_BROKER_URL],
}))
"""
SAID = {"HTTPS", "DEBUG", "DEMO", "DATABASE_URL", "DJANGO_SETTINGS_MODULE"} | {
    "REDIS_URL",
    "CELERY_BROKER_URL",
}


def asked(**environment: str) -> dict[str, object]:
    """By a process that knows only this of its surroundings."""
    bare = {name: value for name, value in os.environ.items() if name not in SAID}
    given = {
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
        "SECRET_KEY": "k" * 50,
        "DATABASE_URL": "postgres://127.0.0.1:1/none",
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env=bare | given | environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def test_production_insists_on_tls() -> None:
    found = asked()

    assert {name: found[name] for name in ("redirect", "hsts", "session", "csrf", "debug")} == {
        "redirect": True, "hsts": 365 * 24 * 3600, "session": True, "csrf": True, "debug": False,
    }  # fmt: skip


def test_only_one_machine_that_says_so_does_without() -> None:
    found = asked(HTTPS="0")

    assert not (found["redirect"] or found["hsts"] or found["session"] or found["csrf"])


def test_every_store_is_told_whose_certificates_to_believe() -> None:
    found = asked(
        DATABASE_CA="/ca/database.pem",
        DATABASE_REPLICA_URL="postgres://127.0.0.1:1/none",
        REDIS_URL="rediss://cache.example:6379/0",
        CACHE_CA="/ca/cache.pem",
    )

    assert found["database"] == ["/ca/database.pem"] * 2
    for url in found["cache"]:
        assert "ssl_cert_reqs=required" in url and "ssl_ca_certs=%2Fca%2Fcache.pem" in url


def test_a_page_may_load_from_where_its_static_files_are_and_nowhere_else() -> None:
    origin = "https://static.example"
    plain, moved = asked(), asked(STATIC_ORIGIN=origin)

    assert (plain["static"], moved["static"]) == ("/static/", f"{origin}/static/")
    assert origin not in json.dumps(plain)
    wider = {
        name
        for place in ("policy", "portal")
        for name, sources in moved[place]  # type: ignore[attr-defined]
        if origin in sources
    }
    assert wider == {"default-src", "img-src", "script-src", "style-src"}

"""What every test starts from: a fast password hash, empty caches, and no rows of the last one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from botocore.config import Config
from django.core.cache import cache

from accounts.queries import forget_current_clinic
from clinic.lib import hints
from documents.storage import client as store
from notifications import channels, limits
from notifications.delivery import circuit
from tests import emptying, factories

# The site gives a silent store up after seconds, in which a busy machine may not have answered.
PATIENT_STORE = store.CONFIG.merge(Config(connect_timeout=60, read_timeout=60))
emptying.install()


@pytest.fixture(autouse=True)
def _plain_surroundings(
    settings: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CELERY_TASK_ALWAYS_EAGER = False
    # Tests walk through days within one sign-in; those about its end set this back.
    settings.IDLE_MINUTES = 0
    settings.SESSION_COOKIE_AGE = 10 * 365 * 24 * 3600
    # What drops a cached answer runs at a commit, which most tests never reach.
    settings.CACHE_TTL_SECONDS = 0
    # It looks at every static file for each new test client: most of the time of a short test.
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    monkeypatch.setattr(store, "CONFIG", PATIENT_STORE)
    cache.clear()
    forget_current_clinic()  # a process remembers it for seconds; the database is another one
    hints.forget()
    channels.forget()
    limits.forget()
    circuit.forget()
    structlog.contextvars.clear_contextvars()
    yield


@pytest.fixture
def world(db: None) -> factories.World:
    """A clinic with two doctors, one visit type, and free slots tomorrow."""
    return factories.World()

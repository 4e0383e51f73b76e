"""What every test starts from: a fast password hash, empty caches, and a flush that may erase."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase

from accounts.models import Role
from accounts.queries import forget_current_clinic
from clinic.lib import hints
from notifications import channels, limits
from notifications.delivery import circuit
from tests import factories

_flush = TransactionTestCase._fixture_teardown


def _flush_past_the_audit_triggers(self: TransactionTestCase) -> None:
    """The audit trail refuses TRUNCATE, also from tests; only a superuser may look away."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    try:
        _flush(self)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = DEFAULT")
    Group.objects.bulk_create([Group(name=role) for role in Role.values], ignore_conflicts=True)


TransactionTestCase._fixture_teardown = _flush_past_the_audit_triggers


@pytest.fixture(autouse=True)
def _plain_surroundings(settings: pytest.FixtureRequest) -> Iterator[None]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CELERY_TASK_ALWAYS_EAGER = False
    # Tests walk through days within one sign-in; those about its end set this back.
    settings.IDLE_MINUTES = 0
    settings.SESSION_COOKIE_AGE = 10 * 365 * 24 * 3600
    # What drops a cached answer runs at a commit, which most tests never reach.
    settings.CACHE_TTL_SECONDS = 0
    # It looks at every static file for each new test client: most of the time of a short test.
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
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

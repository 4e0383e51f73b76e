"""For every test: a fast password hasher, an empty cache, and a database that can be emptied."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog


def pytest_configure(config: pytest.Config) -> None:
    """Argon2 is slow on purpose; tests of it ask for it by name."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    _let_flush_pass_the_audit_trail()


def _let_flush_pass_the_audit_trail() -> None:
    """Tests with real transactions empty every table, which the audit trail's triggers refuse.

    The test's role is a superuser and may switch them off for that moment; the application's is not.
    """
    from django.contrib.auth.models import Group
    from django.db import connection
    from django.test import TransactionTestCase

    teardown = TransactionTestCase._fixture_teardown

    def _fixture_teardown(self: TransactionTestCase) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
        try:
            teardown(self)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET session_replication_role")
        from accounts.models import Role

        for role in Role:  # a migration made them
            Group.objects.get_or_create(name=role.value)

    TransactionTestCase._fixture_teardown = _fixture_teardown


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """What a process or Valkey remembers of one test's database is wrong in the next."""
    from accounts.queries import forget_current_clinic
    from django.core.cache import cache

    from notifications import ping

    cache.clear()
    forget_current_clinic()
    ping.forget()
    structlog.contextvars.clear_contextvars()
    yield

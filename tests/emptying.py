"""What is left of a test that commits: nothing, in a fraction of the time of Django's flush.

Django truncates every table, for each a handful of new files, and then writes all permissions
again. Here only what has rows is emptied. As with TRUNCATE all tables are locked first: who is
still writing is waited for, and the audit trail's triggers, which refuse this, look away.
"""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

from accounts.models import Role

# What the flush would write again as it was.
KEPT = {"django_content_type", "auth_permission"}
# A larger one is truncated: its pages would stay, and be read by the tests to come.
LARGE = 1_000_000  # bytes


def install() -> None:
    """In place of Django's: pytest-django's transactional tests end with it."""
    TransactionTestCase._fixture_teardown = _fixture_teardown


def _fixture_teardown(self: TransactionTestCase) -> None:
    for name in self._databases_names(include_mirrors=False):
        empty(connections[name])
    Group.objects.bulk_create([Group(name=role) for role in Role.values], ignore_conflicts=True)


def empty(connection: BaseDatabaseWrapper) -> None:
    """All rows of all models' tables, with the session a superuser's."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = {name: connection.ops.quote_name(name) for name in sorted(set(names) - KEPT)}
    question = " UNION ALL ".join(
        f"SELECT '{name}', pg_relation_size('{table}') WHERE EXISTS (SELECT FROM {table})"
        for name, table in tables.items()
    )
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"LOCK TABLE {', '.join(tables.values())} IN ACCESS EXCLUSIVE MODE")
        cursor.execute(question)
        for name, size in cursor.fetchall():
            if size > LARGE:
                cursor.execute(f"TRUNCATE {tables[name]} CASCADE")
            else:
                cursor.execute(f"DELETE FROM {tables[name]}")

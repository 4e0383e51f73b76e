"""Going through what is not released, on a database that was brought as far as what is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

from deploy.gate import rules, squawk
from deploy.gate.known import Key
from deploy.gate.rules import Finding
from deploy.gate.schema import Columns, columns_of


class Judged(NamedTuple):
    migration: Key
    findings: list[Finding]


def all_keys() -> set[Key]:
    """Every migration that there is; asks no database."""
    from django.db.migrations.loader import MigrationLoader

    return set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def judge_all(released: set[Key]) -> Iterator[Judged]:
    """Each migration that is not released, in order. The database is empty at first; each is
    applied after it was judged, as the next may look at what it made."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    old = [step for step in plan if (step[0].app_label, step[0].name) in released]
    new = [step for step in plan if (step[0].app_label, step[0].name) not in released]
    state = executor.migrate([], plan=old)
    known = columns_of(state)
    for migration, _backwards in new:
        findings = judge(migration, state, known)
        yield Judged((migration.app_label, migration.name), findings)
        state = executor.apply_migration(state, migration)


def judge(migration: Migration, before: ProjectState, known: Columns) -> list[Finding]:
    """`known`: what the running release knows, of the tables and their columns."""
    statements = _statements(migration, before)
    found = list(rules.of_operations(migration, before, known))
    for statement in statements:
        found += rules.of_statement(statement, known)
    found += squawk.of_statements(statements, atomic=migration.atomic, known=known)
    return found


def _statements(migration: Migration, before: ProjectState) -> list[str]:
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(before.clone(), editor, collect_sql=True)
    return [line for line in editor.collected_sql if line and not line.startswith("--")]

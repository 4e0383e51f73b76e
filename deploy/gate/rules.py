"""Rules about a migration's operations, which its SQL does not show.

While a version is rolled out the one before it still runs, on the new schema: it must be able to
read and to write all that it knows (docs/decisions/migrations.md).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import migrations, models
from django.db.migrations.state import ProjectState
from django.db.models.fields import NOT_PROVIDED

from deploy.gate.schema import Columns, table_of


class Finding(NamedTuple):
    rule: str
    why: str


WRITES = re.compile(r"\b(?:UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?\"?(\w+)\"?", re.IGNORECASE)
ALTERED = re.compile(r'ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?"?(\w+)"?', re.IGNORECASE)
DROPPED = re.compile(r'DROP\s+COLUMN\s+(?:IF\s+EXISTS\s+)?"?(\w+)"?', re.IGNORECASE)
RENAMED = re.compile(r'RENAME\s+COLUMN\s+"?(\w+)"?', re.IGNORECASE)
GONE = re.compile(r'DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?"?(\w+)"?', re.IGNORECASE)
MOVED = re.compile(r'RENAME\s+TO\s+"?\w+"?', re.IGNORECASE)


def of_operations(
    migration: migrations.Migration, before: ProjectState, known: Columns
) -> Iterator[Finding]:
    """What is wrong with the operations. `before`: the state that the migration starts from."""
    operations = list(migration.operations)
    if not migration.atomic and len(operations) > 1:
        yield Finding(
            "one-step-when-not-atomic",
            "what fails in the middle is half done and cannot be repeated: a migration each",
        )
    state = before.clone()
    for operation in operations:
        for each in _flat(operation):
            yield from _of_operation(each, migration, state, known)
        operation.state_forwards(migration.app_label, state)


def _flat(operation: Any) -> Iterator[Any]:
    """What is done to the database; removing something from the state alone is how one begins."""
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        for each in operation.database_operations:
            yield from _flat(each)
    else:
        yield operation


def _of_operation(
    operation: Any, migration: migrations.Migration, state: ProjectState, known: Columns
) -> Iterator[Finding]:
    if isinstance(operation, migrations.AddField):
        model = state.apps.get_model(migration.app_label, operation.model_name)
        if table_of(model) in known and _must_be_given(operation.field):
            yield Finding(
                "not-null-without-database-default",
                f"{operation.model_name}.{operation.name}: the release before inserts rows without"
                " it; give it a db_default, or let it be null",
            )
    if isinstance(operation, migrations.RunPython):
        if migration.atomic:
            yield Finding(
                "data-in-one-transaction",
                "its rows stay locked until the end: atomic = False, and clinic.lib.batches",
            )
        elif "in_batches(" not in inspect.getsource(operation.code):
            yield Finding("data-without-batches", "use clinic.lib.batches.in_batches")


def _must_be_given(field: Any) -> bool:
    if isinstance(field, models.ManyToManyField | models.GeneratedField):
        return False
    return not field.null and field.db_default is NOT_PROVIDED


def of_statement(statement: str, known: Columns) -> Iterator[Finding]:
    """What a statement takes from the release before, or locks in one piece."""
    for table in GONE.findall(statement):
        if table in known:
            yield Finding("table-in-use", f"{table}: the release before reads it")
    if altered := ALTERED.search(statement):
        table = altered[1]
        for column in (*DROPPED.findall(statement), *RENAMED.findall(statement)):
            if column in known.get(table, ()):
                yield Finding("column-in-use", f"{table}.{column}: the release before reads it")
        if table in known and MOVED.search(statement) and not RENAMED.search(statement):
            yield Finding("table-in-use", f"{table} is renamed: the release before reads it")
    if not statement.lstrip().upper().startswith(("CREATE", "ALTER", "COMMENT", "GRANT", "DROP")):
        for table in WRITES.findall(statement):
            if table in known:
                yield Finding("data-in-one-statement", f"{table}: all its rows stay locked")

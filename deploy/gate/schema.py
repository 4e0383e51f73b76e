"""What the running release knows of the database: its tables and their columns."""

from __future__ import annotations

from typing import Any

from django.db.migrations.state import ProjectState

Columns = dict[str, set[str]]


def columns_of(state: ProjectState) -> Columns:
    """Of each table its columns, as the models of that state have them."""
    found: Columns = {}
    for model in state.apps.get_models(include_auto_created=True):
        found[table_of(model)] = {
            field.column for field in model._meta.local_concrete_fields if field.column
        }
    return found


def table_of(model: Any) -> str:
    return str(model._meta.db_table)

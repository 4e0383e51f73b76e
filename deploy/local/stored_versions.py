"""Rows that name the version of a stored file. What is put back gets another one from the store."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

# Table, column of the key, column of the version.
NAMED = [
    ("documents_document", "key", "version"),
    ("documents_document", "upload_key", "upload_version"),
    ("documents_page", "key", "version"),
]


@dataclass(frozen=True)
class Moved:
    """A file that was put back, and its version before ("": no row named one) and now."""

    key: str
    old: str
    new: str


def named(connection: psycopg.Connection[tuple[Any, ...]]) -> dict[str, str]:
    """The version that rows name, by the file's key."""
    found: dict[str, str] = {}
    for table, key, version in NAMED:
        query = sql.SQL("SELECT {key}, {version} FROM {table} WHERE {version} <> ''").format(
            key=sql.Identifier(key),
            version=sql.Identifier(version),
            table=sql.Identifier("public", table),
        )
        found |= dict(connection.execute(query).fetchall())
    return found


def renaming(moved: Iterable[Moved]) -> str:
    """SQL after which rows name the versions that are there now."""
    rows = [
        sql.SQL("({}, {}, {})").format(*map(sql.Literal, (each.key, each.old, each.new)))
        for each in moved
        if each.old and each.new
    ]
    if not rows:
        return ""
    return "".join(_statement(*columns, rows) for columns in NAMED)


def _statement(table: str, key: str, version: str, rows: list[sql.Composed]) -> str:
    statement = sql.SQL(
        "UPDATE {table} AS t SET {version} = m.new FROM (VALUES {rows}) AS m (name, old, new)"
        " WHERE t.{key} = m.name AND t.{version} = m.old;\n"
    ).format(
        table=sql.Identifier("public", table),
        key=sql.Identifier(key),
        version=sql.Identifier(version),
        rows=sql.SQL(", ").join(rows),
    )
    return statement.as_string()

"""Which database a query of Django's goes to: the primary, unless `reading` says otherwise."""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS

from clinic.lib.replica import positions, reading


class Router:
    def db_for_read(self, model: Any, **hints: Any) -> str:
        return reading.alias()

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        """Both are of one database, wherever they were read."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db != positions.ALIAS

"""Moments from the database, read quickly.

Django reads each by a pattern in Python. A day of a whole clinic has eight thousand of them, which
took a tenth of a second; Python's own parser, written in C, needs a hundredth.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.backends.postgresql.psycopg_any import BaseTzLoader


class QuickLoader(BaseTzLoader):
    """What `datetime` cannot read (a year before Christ, infinity) is left to psycopg, which says
    what is wrong with it."""

    timezone: dt.tzinfo | None = None

    def load(self, data: Any) -> dt.datetime:
        try:
            return dt.datetime.fromisoformat(str(data, "ascii")).replace(tzinfo=self.timezone)
        except ValueError:
            found: dt.datetime = super().load(data)
            return found


def read_quickly(connection: Any, **kwargs: Any) -> None:
    """Receives `connection_created`."""
    if connection.vendor == "postgresql":
        loader = type("Loader", (QuickLoader,), {"timezone": connection.timezone})
        connection.connection.adapters.register_loader("timestamptz", loader)

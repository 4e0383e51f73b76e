"""One promise, and how it is looked at."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

# Broken rows that are shown; all are counted.
SHOWN = 20

# The rows of one clinic, or of all; every check that reads rows begins with these names.
SCOPE = """
WITH appointment AS NOT MATERIALIZED (
    SELECT * FROM booking_appointment
    WHERE %(clinic)s::uuid IS NULL OR clinic_id = %(clinic)s::uuid
), live AS NOT MATERIALIZED (
    SELECT * FROM appointment
    WHERE status IN ('held', 'pending', 'booked', 'checked_in', 'completed')
), slot AS NOT MATERIALIZED (
    SELECT s.* FROM booking_slot s
    JOIN accounts_doctor d ON d.id = s.doctor_id
    WHERE %(clinic)s::uuid IS NULL OR d.clinic_id = %(clinic)s::uuid
), claim AS NOT MATERIALIZED (
    SELECT c.* FROM booking_appointmentslot c
    JOIN appointment a ON a.id = c.appointment_id
), claimed AS NOT MATERIALIZED (
    SELECT * FROM claim WHERE released_at IS NULL
), used AS NOT MATERIALIZED (
    SELECT u.* FROM booking_resourceuse u
    JOIN appointment a ON a.id = u.appointment_id
    WHERE u.released_at IS NULL
)
"""


@dataclass(slots=True)
class Result:
    """What a check found. `note` says why one was left out."""

    name: str
    meaning: str
    checked: int = 0
    broken: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""

    @property
    def status(self) -> str:
        if self.broken:
            return "broken"
        return "skipped" if self.note else "ok"

    def facts(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "meaning": self.meaning,
            "status": self.status,
            "checked": self.checked,
            "broken": self.broken,
            "rows": self.rows,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Check:
    """A promise by name, what it means in one line, and the function that looks.

    `look` is given the clinic's id, or None for all, and fills the result.
    """

    name: str
    meaning: str
    look: Callable[[uuid.UUID | None, Result], None]

    def run(self, clinic_id: uuid.UUID | None) -> Result:
        result = Result(self.name, self.meaning)
        self.look(clinic_id, result)
        return result


def rows_check(name: str, meaning: str, *, of: str, broken: str) -> Check:
    """A check by SQL: `of` is what is looked at (a name of SCOPE, or a query), `broken` a query
    whose rows break the promise."""
    counted = of if of.lstrip().upper().startswith("SELECT") else f"SELECT 1 FROM {of}"  # noqa: S608
    query = f"""{SCOPE}, bad AS MATERIALIZED ({broken})
        SELECT (SELECT count(*) FROM ({counted}) counted),
               (SELECT count(*) FROM bad),
               (SELECT jsonb_agg(to_jsonb(shown)) FROM (SELECT * FROM bad LIMIT {SHOWN}) shown)
    """  # noqa: S608 (joins constants of ours)

    def look(clinic_id: uuid.UUID | None, result: Result) -> None:
        with connection.cursor() as cursor:
            cursor.execute(query, {"clinic": clinic_id})
            result.checked, result.broken, rows = cursor.fetchone()
        result.rows = _decoded(rows) or []

    return Check(name, meaning, look)


def _decoded(rows: Any) -> Any:
    """Django's connection leaves jsonb of raw queries as text."""
    return json.loads(rows) if isinstance(rows, str) else rows


def found(result: Result, rows: list[dict[str, Any]]) -> None:
    """Write down broken rows that were not found by SQL alone."""
    result.broken = len(rows)
    result.rows = rows[:SHOWN]

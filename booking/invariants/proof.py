"""All checks, one after the other, over one and the same snapshot."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

from accounts.models import Clinic
from booking.invariants import database, documents, rows, time, trail, waiting
from booking.invariants.check import Check, Result

INSIDE: list[Check] = [
    *time.CHECKS,
    *rows.CHECKS,
    *waiting.CHECKS,
    *documents.CHECKS,
    *trail.CHECKS,
    *database.CHECKS,
]
CHECKS: list[Check] = [*INSIDE, *documents.OUTSIDE]


def prove(*, clinic: Clinic | None = None) -> Iterator[Result]:
    """Run every check, of one clinic's rows or of all, and yield what each found.

    The checks read one snapshot: a booking that commits between two of them must not look like a
    contradiction. Within a caller's transaction that is the caller's. Those that ask the store
    come after.
    """
    snapshot = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if snapshot:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL work_mem = '64MB'")
        for check in INSIDE:
            yield check.run(clinic.pk if clinic else None)
    for check in documents.OUTSIDE:
        yield check.run(clinic.pk if clinic else None)

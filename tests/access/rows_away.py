"""Time off with the visits that stand in it, for staff and for the doctor whose time it is."""

from __future__ import annotations

from typing import Any

from tests.access.matrix import Expected, Row, signed_in


def clinic(outcome: int, **others: int) -> Expected:
    """For staff and the doctor whose time off it is; to others it does not exist."""
    return signed_in(404, staff=outcome, treating_doctor=outcome, **others)


def time_off(t: Any) -> dict[str, Any]:
    return {"pk": t.rows["booking/timeoff"].pk}


ROWS = [
    Row("away/", GET=clinic(200, other_doctor=200)),
    Row("away/<int:pk>/", GET=clinic(200), at=time_off),
]

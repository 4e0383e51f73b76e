"""Time off with the visits that stand in it, for staff and for the doctor whose time it is."""

from __future__ import annotations

from typing import Any

from booking.models import TimeOff
from tests.access.matrix import Expected, Row, everyone, signed_in


def clinic(outcome: int, **others: int) -> Expected:
    """For staff and the doctor whose time off it is; to others it does not exist."""
    return signed_in(404, staff=outcome, treating_doctor=outcome, **others)


def time_off(t: Any) -> dict[str, Any]:
    return {"pk": t.rows["booking/timeoff"].pk}


def affected(t: Any) -> dict[str, Any]:
    """Time off laid over the patient's visit, for the length of one request."""
    visit = t.appointment
    off = TimeOff.objects.create(
        clinic=visit.clinic, doctor=visit.doctor, start=visit.start, end=visit.end
    )
    return {
        "pk": off.pk,
        "affected_pk": off.affected.create(appointment=visit, noted_at=visit.start).pk,
    }


ROWS = [
    Row("away/", GET=clinic(200, other_doctor=200)),
    Row("away/<int:pk>/", GET=clinic(200), at=time_off),
    Row("away/<int:pk>/calls/", GET=clinic(200), at=time_off),
    Row("away/<int:pk>/reassign/", POST=clinic(302), at=time_off),
    Row("away/<int:pk>/propose/", POST=clinic(302), at=time_off),
    Row(
        "away/<int:pk>/visits/<int:affected_pk>/",
        POST=clinic(302),
        at=affected,
        send=lambda t: {"action": "keep", "reason": "Comes in for it"},
    ),
    # Who has the link needs no sign-in; this one is forged.
    Row("choose/<str:token>/", GET=everyone(404), POST=everyone(404), at=lambda t: {"token": "x"}),
]

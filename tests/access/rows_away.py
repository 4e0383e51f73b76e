"""Time off with the visits that stand in it, for staff and for the doctor whose time it is."""

from __future__ import annotations

from typing import Any

from booking.models import TimeOff
from tests.access.matrix import Expected, Row, everyone, portal, signed_in


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


def week(t: Any) -> dict[str, Any]:
    """Hours from midnight to midnight, so that no visit is in the way."""
    days = {f"week-{day}-weekday": day for day in range(7)}
    opens = {f"week-{day}-opens": "00:00" for day in range(7)}
    closes = {f"week-{day}-closes": "23:59" for day in range(7)}
    form = {"week-TOTAL_FORMS": 7, "week-INITIAL_FORMS": 0, "slot_minutes": 15}
    return form | days | opens | closes


ASKED = ("anonymous", "patient", "treating_doctor", "staff", "operator")

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
    Row("admin/booking/hours/", GET=portal("staff"), persons=ASKED),
    Row(
        "admin/booking/hours/<uuid:doctor_id>/",
        GET=portal("staff"),
        POST=portal("staff", outcome=302),
        at=lambda t: {"doctor_id": t.doctor.pk},
        send=week,
        persons=ASKED,
    ),
    Row(
        "admin/booking/holidays/",
        GET=portal("staff"),
        POST=portal("staff", outcome=302),
        send=lambda t: {"country": "US", "region": "IL", "day": "2027-07-04"},
        persons=ASKED,
    ),
    # Who has the link needs no sign-in; this one is forged.
    Row("choose/<str:token>/", GET=everyone(404), POST=everyone(404), at=lambda t: {"token": "x"}),
]

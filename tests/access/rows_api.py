"""The HTTP API and the two plain endpoints."""

from __future__ import annotations

from typing import Any

from clinic.lib.times import iso_z
from tests.access.matrix import Row, api_looked_after, everyone

PATIENTS = {"patient": 201, "other_patient": 201, "carer": 201}
# Who books must be a patient; the clinic's people book for others in the portal.
BY_PATIENTS = everyone(403, anonymous=401, **PATIENTS)


def wish(t: Any) -> dict[str, Any]:
    """A time that is free."""
    return {"start": iso_z(t.start), "visit_type": t.visit_type.slug}


def place(t: Any) -> str:
    return f"{t.doctor.pk.hex}-{t.start:%Y%m%dT%H%M%S}Z"


def visit(t: Any) -> dict[str, str]:
    return {"id": str(t.appointment.pk)}


ROWS = [
    Row("api/v1/schema/", GET=everyone(200)),
    Row("api/v1/docs/", GET=everyone(200)),
    Row("api/v1/visit-types", GET=everyone(200)),
    Row("api/v1/doctors", GET=everyone(200)),
    Row("api/v1/availability", GET=everyone(400)),  # asked without days
    Row("api/v1/holds", POST=everyone(201), send=wish, json=True),
    Row("api/v1/holds/<str:id>", DELETE=everyone(404), at=visit, json=True),
    Row(
        "api/v1/appointments",
        GET=everyone(200, anonymous=401),
        POST=BY_PATIENTS,
        send=wish,
        json=True,
    ),
    Row("api/v1/appointments/<str:id>", GET=api_looked_after(200), at=visit, json=True),
    Row("api/v1/appointments/<str:id>/cancel", POST=api_looked_after(200), at=visit, json=True),
    Row(
        "api/v1/appointments/<str:id>/reschedule",
        POST=api_looked_after(200),
        at=visit,
        send=wish,
        json=True,
    ),
    Row("appointment-slot", GET=everyone(200)),
    Row("appointment-slot/<str:id>", GET=everyone(200), at=lambda t: {"id": place(t)}),
    Row(
        "book-appointment",
        POST=everyone(201),
        send=lambda t: {
            "appointmentId": place(t),
            "patientName": "Gus Guest",
            "patientEmail": "gus@example.org",
        },
        json=True,
        csrf=False,
    ),
]

"""The front desk in the staff portal: for staff alone."""

from __future__ import annotations

from typing import Any

from clinic.lib.times import local_day
from tests.access.matrix import Row, portal

ASKED = ("anonymous", "patient", "treating_doctor", "staff", "operator")
STAFF = portal("staff")


def visit(t: Any) -> dict[str, Any]:
    return {"pk": t.appointment.pk}


def day(t: Any) -> dict[str, Any]:
    return {"day": local_day(t.appointment.start, t.appointment.clinic.zone)}


def verb(t: Any) -> dict[str, Any]:
    return {"pk": t.appointment.pk, "verb": "check-in"}


def place(t: Any) -> dict[str, Any]:
    return {
        "start": t.start.strftime("%Y-%m-%dT%H:%M"),
        "doctor": t.doctor.pk,
        "version": t.appointment.version,
    }


def booking(t: Any) -> dict[str, Any]:
    return {
        "patient": t.other_patient.pk,
        "visit_type": t.visit_type.pk,
        "start": t.start.strftime("%Y-%m-%dT%H:%M"),
    }


ROWS = [
    Row("admin/desk/", GET=STAFF, persons=ASKED),
    Row("admin/desk/<day:day>/", GET=STAFF, at=day, persons=ASKED),
    Row("admin/desk/<day:day>/state/", GET=STAFF, at=day, persons=ASKED),
    Row("admin/desk/<day:day>/print/", GET=STAFF, at=day, persons=ASKED),
    Row("admin/desk/find/", GET=STAFF, POST=STAFF, send=lambda t: {"q": "pat"}, persons=ASKED),
    Row("admin/desk/requests/", GET=STAFF, persons=ASKED),
    Row("admin/desk/not-reached/", GET=STAFF, persons=ASKED),
    Row(
        "admin/desk/not-reached/<uuid:pk>/called/",
        POST=portal("staff", outcome=302),
        at=visit,
        persons=ASKED,
    ),
    Row(
        "admin/desk/book/",
        GET=STAFF,
        POST=portal("staff", outcome=302),
        send=booking,
        persons=ASKED,
    ),
    Row("admin/desk/book/times/", GET=STAFF, persons=ASKED),
    # No wish has the number of a visit.
    Row(
        "admin/desk/change/<uuid:pk>/",
        POST=portal("staff", outcome=404),
        at=visit,
        persons=ASKED,
    ),
    Row("admin/desk/visit/<uuid:pk>/", GET=STAFF, at=visit, persons=ASKED),
    Row(
        "admin/desk/visit/<uuid:pk>/do/<slug:verb>/",
        POST=portal("staff", outcome=302),
        at=verb,
        persons=ASKED,
    ),
    Row(
        "admin/desk/visit/<uuid:pk>/note/",
        POST=portal("staff", outcome=302),
        at=visit,
        persons=ASKED,
    ),
    Row(
        "admin/desk/visit/<uuid:pk>/documents/",
        POST=portal("staff", outcome=302),
        at=visit,
        persons=ASKED,
    ),
    Row(
        "admin/desk/visit/<uuid:pk>/waive/",
        POST=portal("staff", outcome=302),
        at=visit,
        send=lambda t: {"wanted": t.appointment.wanted_documents.get().pk},
        persons=ASKED,
    ),
    Row(
        "admin/desk/visit/<uuid:pk>/move/",
        GET=STAFF,
        POST=portal("staff", outcome=302),
        at=visit,
        send=place,
        persons=ASKED,
    ),
]

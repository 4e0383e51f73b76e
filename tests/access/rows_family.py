"""People one books for, and visits that are booked, asked about and confirmed by their patients."""

from __future__ import annotations

from typing import Any

from tests.access.matrix import Row, looked_after, own, signed_in


def visit(t: Any) -> dict[str, Any]:
    return {"pk": t.appointment.pk}


def kind(t: Any) -> dict[str, Any]:
    return {"slug": t.visit_type.slug}


# Whoever has no patient record yet is asked for it first.
PEOPLE = {"patient": 200, "other_patient": 200, "carer": 200}

ROWS = [
    Row("book/<slug:slug>/together/", GET=signed_in(302, **PEOPLE), at=kind),
    # Without a time there is nothing to check: back to choosing.
    Row("book/<slug:slug>/together/check/", GET=signed_in(302), POST=signed_in(302), at=kind),
    Row("book/<slug:slug>/course/", GET=signed_in(302, **PEOPLE), at=kind),
    Row("book/<slug:slug>/course/dates/", GET=signed_in(302), POST=signed_in(302), at=kind),
    Row(
        "appointments/together/<uuid:group>/",
        GET=looked_after(200),
        at=lambda t: {"group": t.appointment.group},
    ),
    Row("account/family/", GET=signed_in(200)),
    # Nothing is filled in, so that the form is shown again.
    Row("account/family/add/", GET=signed_in(200), POST=signed_in(200)),
    # The carer gives up the patient; the patient has a login, and gives up the carer.
    Row(
        "account/family/<uuid:patient_id>/end/",
        GET=signed_in(404, carer=200),
        POST=signed_in(404, carer=302),
        at=lambda t: {"patient_id": t.patient.pk},
    ),
    Row(
        "account/family/carers/<uuid:user_id>/end/",
        GET=own(200),
        POST=own(302),
        at=lambda t: {"user_id": t.users["carer"].pk},
    ),
    # It can still be changed without asking, so nothing is asked.
    Row("appointments/<uuid:pk>/ask/", GET=looked_after(200), POST=looked_after(400), at=visit),
    Row("appointments/<uuid:pk>/coming/", POST=looked_after(302), at=visit),
]

"""People one books for, and visits that are booked, asked about and confirmed by their patients."""

from __future__ import annotations

from tests.access.matrix import Row, own, signed_in

ROWS = [
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
]

"""The pages behind the link to a visit: whoever has it, signed in or not."""

from __future__ import annotations

from typing import Any

from booking import visit_links
from tests.access.matrix import Row, everyone, signed_in


def token(t: Any) -> dict[str, Any]:
    return {"token": visit_links.token_of(t.appointment.pk, t.appointment.version)}


PEOPLE = {"patient": 200, "other_patient": 200, "carer": 200}

ROWS = [
    Row(
        "v/<str:token>/",
        GET=everyone(200),
        POST=everyone(302),
        at=token,
        send=lambda t: {"answer": "coming", "version": t.appointment.version},
    ),
    Row(
        "v/<str:token>/move/",
        GET=everyone(200),
        # The time is none that is offered.
        POST=everyone(400),
        at=token,
        send=lambda t: {"start": "soon"},
    ),
    Row("v/<str:token>/calendar.ics", GET=everyone(200), at=token),
    # One's own, and the reminders of those in care: whoever has no patient record has neither.
    Row(
        "account/writing/",
        GET=signed_in(404, **PEOPLE),
        POST=signed_in(404, **dict.fromkeys(PEOPLE, 302)),
        send=lambda t: {"contact_by": "email"},
    ),
]

"""The pages on which patients book, their own visits, and the page behind a guest's link."""

from __future__ import annotations

from typing import Any

from clinic.lib.times import iso_z
from tests.access.matrix import Row, everyone, looked_after, signed_in


def visit(t: Any) -> dict[str, Any]:
    return {"pk": t.appointment.pk}


def hold(t: Any) -> dict[str, Any]:
    return {"pk": t.hold.pk}


def kind(t: Any) -> dict[str, Any]:
    return {"slug": t.visit_type.slug}


def free(t: Any) -> dict[str, Any]:
    return {"start": iso_z(t.start)}


ROWS = [
    Row("", GET=everyone(200)),
    Row("book/<slug:slug>/", GET=everyone(200), at=kind),
    # Keeping a time needs no sign-in.
    Row("book/<slug:slug>/hold/", GET=everyone(302), POST=everyone(302), at=kind, send=free),
    # A hold belongs to a browser, signed in or not.
    Row(
        "book/hold/<uuid:pk>/",
        GET=everyone(404, patient=200),
        POST=everyone(404, patient=302),
        at=hold,
    ),
    Row("book/hold/<uuid:pk>/release/", POST=everyone(404, patient=302), at=hold),
    Row("appointments/", GET=signed_in(200)),
    Row("appointments/<uuid:pk>/", GET=looked_after(200), at=visit),
    Row("appointments/<uuid:pk>/booked/", GET=looked_after(200), at=visit),
    Row("appointments/<uuid:pk>/cancel/", GET=looked_after(200), POST=looked_after(302), at=visit),
    Row(
        "appointments/<uuid:pk>/move/",
        GET=looked_after(200),
        POST=looked_after(302),
        at=visit,
        send=free,
    ),
    Row("appointments/<uuid:pk>/calendar.ics", GET=looked_after(200), at=visit),
    # Who has the link needs no sign-in; this one is forged.
    Row("request/<str:token>/", GET=everyone(404), POST=everyone(404), at=lambda t: {"token": "x"}),
]

"""The doctor's own pages: a doctor sees the own schedule, everybody else who is signed in none."""

from __future__ import annotations

from typing import Any

from tests.access.matrix import Expected, Outcome, Row, everyone, signed_in


def doctors(outcome: Outcome) -> Expected:
    """Each doctor has these pages, about that doctor."""
    return signed_in(404, treating_doctor=outcome, other_doctor=outcome)


def the_doctor(outcome: Outcome) -> Expected:
    """Of the visit's own doctor; a colleague's visit does not exist."""
    return signed_in(404, treating_doctor=outcome)


def visit(t: Any) -> dict[str, Any]:
    return {"pk": t.appointment.pk}


def reason(_t: Any) -> dict[str, Any]:
    return {"reason": "Away that day"}


ROWS = [
    Row("day/", GET=doctors(200)),
    Row("day/<iso_day:day>/", GET=doctors(200), at=lambda t: {"day": t.start.date()}),
    Row("day/requests/", GET=doctors(200)),
    Row("day/delay/", POST=doctors(302), send=lambda t: {"minutes": "20"}),
    # The visit is no request: it can be cancelled.
    Row(
        "day/visits/<uuid:pk>/decline/",
        GET=the_doctor(200),
        POST=the_doctor(409),
        at=visit,
        send=reason,
    ),
    Row(
        "day/visits/<uuid:pk>/cancel/",
        GET=the_doctor(200),
        POST=the_doctor(302),
        at=visit,
        send=reason,
    ),
    Row(
        "day/visits/<uuid:pk>/note/",
        GET=the_doctor(200),
        POST=the_doctor(302),
        at=visit,
        send=lambda t: {"text": "Rings the bell twice"},
    ),
    # The visit is days ahead: nobody can have arrived yet.
    Row(
        "day/visits/<uuid:pk>/<slug:verb>/",
        POST=the_doctor(409),
        at=lambda t: {**visit(t), "verb": "check-in"},
    ),
    Row("week/", GET=doctors(200)),
    Row("week/<iso_day:day>/", GET=doctors(200), at=lambda t: {"day": t.start.date()}),
    Row("day/time-off/", GET=doctors(200), POST=doctors(400)),  # sent empty
    Row(
        "day/time-off/<int:pk>/remove/",
        POST=the_doctor(302),
        at=lambda t: {"pk": t.rows["booking/timeoff"].pk},
    ),
    Row("day/shared/", GET=doctors(200)),
    Row(
        "day/patients/<uuid:pk>/documents/",
        GET=the_doctor(200),
        at=lambda t: {"pk": t.patient.pk},
    ),
    # The doctor who treats needs no emergency, and is sent on; the colleague knows of no patient.
    Row(
        "day/patients/<uuid:pk>/emergency/",
        POST=the_doctor(302),
        at=lambda t: {"pk": t.patient.pk},
        send=lambda t: {"reason": "Unconscious in our room", "understood": "on"},
    ),
    Row("day/emergency/", GET=doctors(200), POST=doctors(400)),  # sent empty
    Row(
        "day/emergency/<uuid:pk>/end/",
        POST=signed_in(404, other_doctor=302),
        at=lambda t: {"pk": t.rows["accounts/emergencyaccess"].pk},
    ),
    Row("day/feed/", GET=doctors(200), POST=doctors(200)),
    Row("day/feed/revoke/", POST=doctors(302)),
    Row("day/agenda/", POST=doctors(302), send=lambda t: {"wanted": "no"}),
    # Who has the address needs no sign-in; this one is guessed.
    Row("feeds/<str:secret>.ics", GET=everyone(404), at=lambda t: {"secret": "guessed"}),
]

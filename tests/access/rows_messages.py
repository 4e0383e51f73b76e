"""What messages link to."""

from __future__ import annotations

from notifications.stopping.links import stop_token
from tests.access.matrix import Row, everyone

ROWS = [
    # Who has the link needs no sign-in, and a mail program's own button has no token.
    Row(
        "reminders/stop/<str:token>/",
        GET=everyone(200),
        POST=everyone(200),
        at=lambda t: {"token": stop_token(t.patient.pk)},
        send=lambda t: {"List-Unsubscribe": "One-Click"},
        csrf=False,
    ),
]

"""What messages say: for whoever the clinic's own words concern."""

from __future__ import annotations

from tests.access.matrix import Row, portal
from tests.access.rows_admin import ASKED

ROWS = [
    Row("admin/notifications/preview/", GET=portal("staff", "operator"), persons=ASKED),
    Row(
        "admin/notifications/preview/<slug:kind>/",
        GET=portal("staff", "operator"),
        at=lambda t: {"kind": "booked"},
        persons=ASKED,
    ),
]

"""The figures, exports and merges of the staff portal."""

from __future__ import annotations

from tests.access.matrix import Row, portal
from tests.access.rows_admin import ASKED, STAFF

ROWS = [
    Row("admin/booking/figures/", GET=portal(*STAFF), persons=ASKED),
    Row("admin/booking/appointment/export/", GET=portal(*STAFF), persons=ASKED),
    # Two that do not exist: to be looked for again.
    Row(
        "admin/booking/merge/",
        GET=portal(*STAFF),
        POST=portal(*STAFF, outcome=302),
        persons=ASKED,
    ),
    Row("admin/booking/figures/export/", GET=portal(*STAFF), persons=ASKED),
]

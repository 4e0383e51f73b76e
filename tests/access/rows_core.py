"""The pages of the staff portal that explain the offer."""

from __future__ import annotations

from tests.access.matrix import Row, portal
from tests.access.rows_admin import ASKED, STAFF

ROWS = [
    Row("admin/booking/why/", GET=portal(*STAFF), persons=ASKED),
]

"""Where providers post, and what staff may make of what they told."""

from __future__ import annotations

from tests.access.matrix import Row, everyone, portal
from tests.access.rows_admin import ASKED, STAFF

ROWS = [
    # Everybody may, and only what is signed is believed.
    # An empty body is no envelope, whoever sends it. No cookie is looked at.
    Row("hooks/aws/", GET=everyone(405), POST=everyone(400), csrf=False),
    # Without a token in the settings it does not exist; see notifications/tests/test_metrics.py.
    Row("metrics", GET=everyone(404)),
    Row(
        "admin/notifications/suppression/<path:object_id>/lift/",
        GET=portal(*STAFF),
        POST=portal(*STAFF, outcome=302),
        at=lambda t: {"object_id": t.rows["notifications/suppression"].pk},
        persons=ASKED,
    ),
]

"""Where providers post: everybody may, and only what is signed is believed."""

from __future__ import annotations

from tests.access.matrix import Row, everyone

ROWS = [
    # An empty body is no envelope, whoever sends it. No cookie is looked at.
    Row("hooks/aws/", GET=everyone(405), POST=everyone(400), csrf=False),
]

"""Rows of a large table, some at a time, each time in a transaction of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet


def in_batches(rows: QuerySet[Any], *, size: int = 1000, pause: float = 0.05) -> Iterator[Any]:
    """Querysets of at most `size` of the rows, by their keys; what is done with one is committed
    before the next. `pause`: seconds in which others get the table, and a replica catches up.

    For migrations with `atomic = False`. What was interrupted is begun again: let `rows` leave
    out what is done.
    """
    last = None
    while True:
        more = rows.order_by("pk") if last is None else rows.order_by("pk").filter(pk__gt=last)
        keys = list(more.values_list("pk", flat=True)[:size])
        if not keys:
            return
        with transaction.atomic():
            yield rows.model._default_manager.filter(pk__in=keys)
        last = keys[-1]
        time.sleep(pause)

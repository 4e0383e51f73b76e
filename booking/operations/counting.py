"""How often people are refused a time: many say that they are shown what they cannot have."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

from booking.operations.errors import BookingError
from clinic.lib import metrics
from clinic.lib.metrics import names

P = ParamSpec("P")
R = TypeVar("R")

_within: ContextVar[bool] = ContextVar("counting_refusals", default=False)


def counts_refusals(operation: Callable[P, R]) -> Callable[P, R]:
    """Of an operation that takes a time: refused as before, and counted."""

    @functools.wraps(operation)
    def counted(*args: P.args, **kwargs: P.kwargs) -> R:
        if _within.get():  # what several are booked by: one refusal of all
            return operation(*args, **kwargs)
        token = _within.set(True)
        try:
            return operation(*args, **kwargs)
        except BookingError:
            metrics.count(names.BOOKINGS_REFUSED)
            raise
        finally:
            _within.reset(token)

    return counted

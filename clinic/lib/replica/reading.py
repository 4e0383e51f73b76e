"""Saying that a read may be answered by the replica; and what forbids it all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from clinic.lib.replica import positions

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class _Asker:
    """The request that asks. `decides`: by its method it may change something."""

    decides: bool = False
    # What the person has written must have been replayed (a position of the primary's log).
    written: int = 0


_asker: ContextVar[_Asker] = ContextVar("replica_asker", default=_Asker())  # noqa: B039 (frozen)
_chosen: ContextVar[bool] = ContextVar("replica_chosen", default=False)


def read(work: Callable[[], T], *, at_least: int = 0) -> T:
    """What `work` answers, from the replica if it is near enough, else from the primary.

    `work` only reads, for somebody to look at: nothing may be decided by what it answers. It must
    return values, not a queryset that is read later. When the replica fails in the middle, all of
    it is done again by the primary. `at_least`: a position of the primary's log that the
    replica must have replayed.
    """
    asker = _asker.get()
    if asker.decides or not positions.configured() or _in_transaction():
        return work()
    if not positions.reached(max(at_least, asker.written)):
        return work()
    token = _chosen.set(True)
    try:
        return work()
    except (OperationalError, InterfaceError) as error:
        positions.rest(error)
    finally:
        _chosen.reset(token)
    return work()


def may_lag(work: Callable[P, T]) -> Callable[P, T]:
    """Decorates a function that only reads; see `read`."""

    @wraps(work)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        return read(lambda: work(*args, **kwargs))

    return asked


def alias() -> str:
    """The database that is read right now."""
    return positions.ALIAS if _chosen.get() and not _in_transaction() else DEFAULT_DB_ALIAS


def connection() -> BaseDatabaseWrapper:
    """As `django.db.connection`, for reads in plain SQL within `read`."""
    return connections[alias()]


@contextmanager
def asked_by(*, decides: bool, written: int) -> Iterator[None]:
    """While a request is answered: what it is, and what its person has written."""
    token = _asker.set(_Asker(decides, written))
    try:
        yield
    finally:
        _asker.reset(token)


def _in_transaction() -> bool:
    return connections[DEFAULT_DB_ALIAS].in_atomic_block

"""Asking again when the store says "later": setting up a bucket is no time to be in a hurry.

A store that is slow at the moment, or still busy with a bucket that it has just made, refuses one
step and takes it a second after. An operator should not have to run the command again for that.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from documents.storage.errors import NotThere, StorageAway, StorageError

WAITS = (0.25, 0.5, 1.0, 2.0, 4.0)  # seconds
# What a store says of a bucket that not all of it knows yet, or of whose first settings not.
UNKNOWN_YET = {"NoSuchBucket", "InvalidBucketState"}
Answer = TypeVar("Answer")


def away(error: StorageError) -> bool:
    return isinstance(error, StorageAway)


def away_or_new(error: StorageError) -> bool:
    """What may pass by itself in a bucket that was made a moment ago."""
    return away(error) or isinstance(error, NotThere) or str(error) in UNKNOWN_YET


class Patience:
    """For one run of a command. Once a store was waited for in vain, nothing else waits for it."""

    def __init__(self) -> None:
        self._spent = False

    def until_done(
        self,
        call: Callable[[], Answer],
        *,
        may_pass: Callable[[StorageError], bool] = away,
    ) -> Answer:
        """What `call` answers, which may be called several times; raises its last StorageError."""
        for wait in () if self._spent else WAITS:
            try:
                return call()
            except StorageError as error:
                if not may_pass(error):
                    raise
            time.sleep(wait)
        try:
            return call()
        except StorageError as error:
            self._spent = may_pass(error)
            raise

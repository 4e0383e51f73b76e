"""What can go wrong with the store, in four words that a view can turn into a sentence.

Their text is the store's own code and nothing else: it may go to a log.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
)
from urllib3.exceptions import HTTPError


class StorageError(Exception):
    """The store did not do what was asked."""


class StorageAway(StorageError):
    """It cannot be reached, is too slow or broken at the moment: to be tried again later."""


class StorageFull(StorageError):
    """It takes no more bytes."""


class StorageDenied(StorageError):
    """Our credentials, its policy or the encryption key do not allow it: for an operator."""


class NotThere(StorageError):
    """No such object, or not in this version."""


MISSING = {"404", "NotFound", "NoSuchKey", "NoSuchVersion"}
FULL = {"InsufficientStorage", "InsufficientCapacity", "QuotaExceeded", "XMinioStorageFull"}
# What a store says of a request that it would take at another time.
LATER = {"RequestTimeout", "SlowDown", "ServiceUnavailable", "InternalError", "OperationAborted"}
NO_CREDENTIALS = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError)


@contextmanager
def translated() -> Iterator[None]:
    """Around every call of boto3: its errors, in our words."""
    try:
        yield
    except ClientError as error:
        raise of_answer(error.response) from error
    except NO_CREDENTIALS as error:
        raise StorageDenied(type(error).__name__) from error
    except (BotoCoreError, HTTPError) as error:
        raise StorageAway(type(error).__name__) from error


def of_answer(response: Any) -> StorageError:
    """The error for an answer that is one: botocore's parsed form of it."""
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in FULL or status == 507:
        return StorageFull(code)
    if code in LATER or "Throttl" in code or status >= 500:
        return StorageAway(code)
    # 405: the version asked for is the mark of a deletion.
    if code in MISSING or status == 405:
        return NotThere(code)
    return StorageDenied(code)

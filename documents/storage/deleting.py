"""Removing for good. Without its version a deletion would only hide the bytes."""

from __future__ import annotations

from documents.storage import client as store
from documents.storage.errors import NotThere, translated
from documents.storage.reading import versions


def delete_version(key: str, version: str) -> None:
    """Remove one version's bytes; it is no error if they are gone.

    Raises StorageAway, or StorageDenied.
    """
    if not version:
        raise ValueError("without its version nothing is removed, only hidden")
    try:
        with translated():
            store.client().delete_object(Bucket=store.bucket(), Key=key, VersionId=version)
    except NotThere:
        return


def delete_all_versions(key: str) -> int:
    """Remove all that ever lay under `key`; returns how many versions. Raises as above.

    It may be interrupted and repeated.
    """
    found = [each for each in versions(key) if each.key == key]
    for each in found:
        delete_version(key, each.version)
    return len([each for each in found if not each.marker])

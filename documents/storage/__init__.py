"""Where the bytes of documents lie: a private, versioned, encrypted S3 bucket.

Nothing here knows of patients or asks who may read; no call may stand in a transaction. Each raises
`StorageAway`, `StorageFull` or `StorageDenied` within seconds when the store does not do its part.
"""

from documents.storage.deleting import delete_all_versions, delete_version
from documents.storage.errors import (
    NotThere,
    StorageAway,
    StorageDenied,
    StorageError,
    StorageFull,
)
from documents.storage.handing import Form, link, upload_form
from documents.storage.keys import FILES, PAGES, UPLOADS, new_key
from documents.storage.objects import Stored, Version
from documents.storage.reading import download_to, head, open_version, versions
from documents.storage.writing import put_bytes, put_stream

__all__ = [
    "FILES",
    "PAGES",
    "UPLOADS",
    "Form",
    "NotThere",
    "StorageAway",
    "StorageDenied",
    "StorageError",
    "StorageFull",
    "Stored",
    "Version",
    "delete_all_versions",
    "delete_version",
    "download_to",
    "head",
    "link",
    "new_key",
    "open_version",
    "put_bytes",
    "put_stream",
    "upload_form",
    "versions",
]

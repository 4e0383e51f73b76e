"""What changes documents, and what opens one. The only way in for other apps."""

from documents.operations.deleting import delete, describe, restore
from documents.operations.errors import (
    DocumentError,
    MustStay,
    NoSuchDoctor,
    NotReady,
    NotYours,
    UploadRefused,
)
from documents.operations.handing_over import CleanFile, StorageTrouble, clean_files
from documents.operations.holding import lift_hold, place_hold
from documents.operations.orphans import sweep_orphans
from documents.operations.purging import BeingChecked, OnHold, purge, purge_due
from documents.operations.reading import list_documents, list_looks, open_document, open_page
from documents.operations.sharing import doctors_to_share_with, share, withdraw
from documents.operations.uploading import arrive, begin_upload, may_upload, take_in

__all__ = [
    "BeingChecked",
    "CleanFile",
    "DocumentError",
    "MustStay",
    "NoSuchDoctor",
    "NotReady",
    "NotYours",
    "OnHold",
    "StorageTrouble",
    "UploadRefused",
    "arrive",
    "begin_upload",
    "clean_files",
    "delete",
    "describe",
    "doctors_to_share_with",
    "lift_hold",
    "list_documents",
    "list_looks",
    "may_upload",
    "open_document",
    "open_page",
    "place_hold",
    "purge",
    "purge_due",
    "restore",
    "share",
    "sweep_orphans",
    "take_in",
    "withdraw",
]

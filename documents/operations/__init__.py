"""What changes documents, and what opens one. The only way in for other apps."""

from documents.operations.arriving import record_arrival, sweep_uploads
from documents.operations.checking import Outcome, check_document, check_waiting
from documents.operations.comparing import Missing, forgotten_objects, missing_objects
from documents.operations.deleting import delete, describe, must_stay, restore
from documents.operations.errors import (
    DocumentError,
    MustStay,
    NoSuchDoctor,
    NotReady,
    NotYours,
    StoreTrouble,
    UploadRefused,
)
from documents.operations.handing_in import hand_in
from documents.operations.handing_over import CleanFile, StorageTrouble, clean_files
from documents.operations.holding import HoldRefused, lift_hold, place_hold
from documents.operations.orphans import sweep_orphans
from documents.operations.purging import BeingChecked, OnHold, purge, purge_due
from documents.operations.reading import (
    list_documents,
    list_looks,
    look_at,
    open_document,
    open_page,
)
from documents.operations.sharing import doctors_to_offer, share, withdraw
from documents.operations.uploading import arrive, begin_upload, may_upload, take_in

__all__ = [
    "BeingChecked",
    "CleanFile",
    "DocumentError",
    "HoldRefused",
    "Missing",
    "MustStay",
    "NoSuchDoctor",
    "NotReady",
    "NotYours",
    "OnHold",
    "Outcome",
    "StorageTrouble",
    "StoreTrouble",
    "UploadRefused",
    "arrive",
    "begin_upload",
    "check_document",
    "check_waiting",
    "clean_files",
    "delete",
    "describe",
    "doctors_to_offer",
    "forgotten_objects",
    "hand_in",
    "lift_hold",
    "list_documents",
    "list_looks",
    "look_at",
    "may_upload",
    "missing_objects",
    "must_stay",
    "open_document",
    "open_page",
    "place_hold",
    "purge",
    "purge_due",
    "record_arrival",
    "restore",
    "share",
    "sweep_orphans",
    "sweep_uploads",
    "take_in",
    "withdraw",
]

"""What changes documents, and what opens one. The only way in for other apps."""

from documents.operations.errors import DocumentError, NotReady, NotYours
from documents.operations.handing_over import CleanFile, StorageTrouble, clean_files
from documents.operations.holding import lift_hold, place_hold
from documents.operations.orphans import sweep_orphans
from documents.operations.purging import BeingChecked, OnHold, purge, purge_due
from documents.operations.reading import open_document, open_page

__all__ = [
    "BeingChecked",
    "CleanFile",
    "DocumentError",
    "NotReady",
    "NotYours",
    "OnHold",
    "StorageTrouble",
    "clean_files",
    "lift_hold",
    "open_document",
    "open_page",
    "place_hold",
    "purge",
    "purge_due",
    "sweep_orphans",
]

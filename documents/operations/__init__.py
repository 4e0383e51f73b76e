"""What changes documents, and what opens one. The only way in for other apps."""

from documents.operations.errors import DocumentError, NotReady, NotYours
from documents.operations.holding import lift_hold, place_hold
from documents.operations.reading import open_document, open_page

__all__ = [
    "DocumentError",
    "NotReady",
    "NotYours",
    "lift_hold",
    "open_document",
    "open_page",
    "place_hold",
]

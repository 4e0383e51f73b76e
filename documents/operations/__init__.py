"""What changes documents, and what opens one. The only way in for other apps."""

from documents.operations.errors import DocumentError, NotReady, NotYours
from documents.operations.reading import open_document, open_page

__all__ = [
    "DocumentError",
    "NotReady",
    "NotYours",
    "open_document",
    "open_page",
]

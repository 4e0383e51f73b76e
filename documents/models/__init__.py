"""Patients' files: what is known of each, who else may read it, and its pages as pictures."""

from documents.models.document import Document, DocumentStatus, Kind, WaitsFor
from documents.models.page import Page
from documents.models.share import Share

__all__ = ["Document", "DocumentStatus", "Kind", "Page", "Share", "WaitsFor"]

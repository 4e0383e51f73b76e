"""The staff portal's pages about documents."""

from documents.admin import files, scanning

__all__ = ["files", "scanning"]

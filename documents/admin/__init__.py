"""The staff portal's pages about documents."""

from documents.admin import files, holding, scanning

__all__ = ["files", "holding", "scanning"]

"""The clean bytes of a patient's documents, for an export that is on record already."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from documents import storage
from documents.models import Document
from documents.operations.errors import DocumentError

SUFFIXES = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/tiff": ".tif",
}


class StorageTrouble(DocumentError):
    """The store did not answer, or does not hold what the row says; `reason` is its own word."""

    sentence = _("The document storage did not answer. Try again later.")

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class CleanFile:
    """A document that is ready: what to call its file (no word of the patient's), and its bytes."""

    document_id: uuid.UUID
    name: str
    size: int  # bytes
    sha256: str
    _key: str
    _version: str

    def chunks(self) -> Iterator[bytes]:
        """Raises StorageTrouble."""
        try:
            yield from storage.open_version(self._key, self._version)
        except storage.StorageError as error:
            raise StorageTrouble(type(error).__name__) from error


def clean_files(patient_id: uuid.UUID) -> list[CleanFile]:
    """Of every document that is ready, deleted ones too as long as they can be taken back."""
    ready = Document.objects.filter(patient=patient_id, purging_at=None).exclude(key="")
    return [
        CleanFile(
            document_id=each.pk,
            name=f"{each.pk}{SUFFIXES.get(each.content_type, '')}",
            size=each.size or 0,
            sha256=each.sha256,
            _key=each.key,
            _version=each.version,
        )
        for each in ready.order_by("created_at", "pk")
    ]

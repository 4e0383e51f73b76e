"""Documents as tests need them: rows, and the objects behind them."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from accounts.models import Patient
from documents import storage
from documents.models import Document, DocumentStatus, Kind
from tests.factories import NOW

BYTES = b"%PDF-1.7\n"


def document(patient: Patient, **fields: Any) -> Document:
    """A row that is ready; no object lies behind it."""
    name = uuid.uuid4().hex
    ready = {
        "patient": patient,
        "kind": Kind.RESULT,
        "name": "result.pdf",
        "status": DocumentStatus.READY,
        "created_at": NOW,
        "created_by": "user",
        "upload_key": f"uploads/{name}",
        "key": f"files/{name}",
        "version": "v1",
        "content_type": "application/pdf",
        "size": len(BYTES),
        "sha256": hashlib.sha256(BYTES).hexdigest(),
        "decided_at": NOW,
    }
    return Document.objects.create(**ready | fields)


def stored_document(patient: Patient, *, pages: int = 1, **fields: Any) -> Document:
    """A document with all its objects: the upload in quarantine, the clean file and its pages."""
    made = document(
        patient,
        **{
            "upload_key": storage.new_key(storage.UPLOADS),
            "key": storage.new_key(storage.FILES),
        }
        | fields,
    )
    storage.put_bytes(made.upload_key, BYTES, "application/pdf")
    if made.key:
        clean = storage.put_bytes(made.key, BYTES, "application/pdf")
        Document.objects.filter(pk=made.pk).update(version=clean.version, size=clean.size)
    for number in range(1, pages + 1):
        picture = storage.put_bytes(storage.new_key(storage.PAGES), b"picture", "image/png")
        made.pages.create(
            number=number, key=picture.key, version=picture.version, width=10, height=10
        )
    made.refresh_from_db()
    return made


def objects_of(document: Document) -> list[str]:
    """The keys of every version and mark that is still there of a document."""
    keys = [document.upload_key, document.key, *(page.key for page in document.pages.all())]
    return [version.key for key in keys if key for version in storage.versions(key)]

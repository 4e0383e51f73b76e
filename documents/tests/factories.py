"""Documents as tests need them: rows, and the objects behind them."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from accounts.models import Patient
from documents.models import Document, DocumentStatus, Kind
from tests.factories import NOW


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
        "size": 9,
        "sha256": hashlib.sha256(b"%PDF-1.7\n").hexdigest(),
        "decided_at": NOW,
    }
    return Document.objects.create(**ready | fields)

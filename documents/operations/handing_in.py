"""A document that a program brings with its bytes: no form, no browser."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid

from accounts.models import Patient, User
from clinic.lib.actor import Actor
from documents import storage
from documents.models import Document, Kind
from documents.operations.errors import DocumentError, NotTied, StoreTrouble
from documents.operations.uploading import check_file, take_in


def hand_in(
    *,
    patient: Patient,
    user: User,
    kind: Kind,
    name: str,
    content: bytes,
    content_type: str,
    by: Actor,
    now: dt.datetime,
    wanted_id: uuid.UUID | None = None,
) -> Document:
    """Put `content` into quarantine, where it waits to be checked as any upload does.

    Raises NotYours, UploadRefused, and StoreTrouble when the store is away, full or refuses; then
    no row is left. Raises NotTied too; then it is in all the same.
    """
    accepted = check_file(name=name, content_type=content_type, size=len(content))
    try:
        stored = storage.put_bytes(storage.new_key(storage.UPLOADS), content, accepted)
    except storage.StorageError as error:
        raise StoreTrouble from error
    try:
        return take_in(
            patient=patient,
            user=user,
            kind=kind,
            name=name,
            stored=stored,
            wanted_id=wanted_id,
            by=by,
            now=now,
        )
    except NotTied:
        raise  # it is in
    except DocumentError:
        with contextlib.suppress(storage.StorageError):  # it goes with the other orphans then
            storage.delete_version(stored.key, stored.version)
        raise

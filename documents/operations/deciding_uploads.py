"""What becomes of an upload, written once: its clean bytes and its pages, or the reason."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable
from pathlib import Path

import structlog
from django.db import transaction

from accounts.operations import record_audit
from clinic.lib.actor import Actor
from documents import checking, retention, storage
from documents.checking import refusals
from documents.models import Document, DocumentStatus, Page

logger = structlog.get_logger(__name__)

Made = list[tuple[storage.Stored, checking.Picture]]


class Overtaken(Exception):
    """Somebody else has decided, purged or taken over the document: what we made is for nothing."""


def accept(
    document: Document,
    lease: uuid.UUID,
    verdict: checking.Accepted,
    renew: Callable[[], None],
    *,
    by: Actor,
    now: dt.datetime,
) -> None:
    """Store the clean bytes under a key of their own, then make the document readable.

    `renew` is called between the writes. Raises Overtaken, or a StorageError; either way nothing
    that was stored is left behind, unless the store is away for that, too.
    """
    stored: list[storage.Stored] = []
    try:
        clean = _put(verdict.path, storage.FILES, verdict.content_type, stored)
        pages: Made = []
        for picture in verdict.pictures:
            renew()
            pages.append((_put(picture.path, storage.PAGES, "image/jpeg", stored), picture))
        digest = _digest(verdict.path)
        with transaction.atomic(durable=True):
            mine = _mine(document, lease)
            _write(mine, verdict, clean, digest, pages, now=now)
            _record(mine, "document.ready", {"removed": mine.removed}, by=by, now=now)
    except BaseException:
        _forget(stored)
        raise


def refuse(document: Document, lease: uuid.UUID, code: str, *, by: Actor, now: dt.datetime) -> None:
    """Raises Overtaken."""
    with transaction.atomic(durable=True):
        write_refusal(_mine(document, lease), code, by=by, now=now)


def write_refusal(document: Document, code: str, *, by: Actor, now: dt.datetime) -> None:
    """In the caller's transaction, on a row that is locked. A code we do not know is none of ours:
    the process that looked has said what it should not."""
    document.refusal = code if code in refusals.REFUSALS else "too-complex"
    document.status = DocumentStatus.REFUSED
    document.lease = document.leased_until = None
    document.waits_for, document.decided_at = "", now
    document.save()
    _record(document, "document.refused", {"refusal": document.refusal}, by=by, now=now)


def forget_upload(document: Document) -> None:
    """What lies in quarantine is needed no more, what came by the same form since neither."""
    try:
        storage.delete_all_versions(document.upload_key)
    except storage.StorageError as error:  # the daily sweep removes it
        logger.info("upload-left", document=str(document.pk), reason=type(error).__name__)


def awaited(document_id: uuid.UUID) -> Document | None:
    """The row, locked, if nothing has arrived for it yet."""
    rows = Document.objects.select_for_update(of=("self",)).filter(pk=document_id)
    return rows.filter(status=DocumentStatus.AWAITED, purging_at__isnull=True).first()


def _mine(document: Document, lease: uuid.UUID) -> Document:
    rows = Document.objects.select_for_update(of=("self",)).select_related("patient")
    mine = rows.filter(pk=document.pk, lease=lease, status=DocumentStatus.CHECKING).first()
    if mine is None:
        raise Overtaken
    return mine


def _write(
    document: Document,
    verdict: checking.Accepted,
    clean: storage.Stored,
    digest: str,
    pages: Made,
    *,
    now: dt.datetime,
) -> None:
    document.status = DocumentStatus.READY
    document.key, document.version, document.size = clean.key, clean.version, clean.size
    document.sha256, document.content_type = digest, verdict.content_type
    document.removed = [code for code in verdict.removed if code in refusals.REMOVED]
    document.scanned = verdict.scanned
    document.lease = document.leased_until = None
    document.waits_for, document.decided_at = "", now
    if document.keep_until is None:
        document.keep_until = retention.keep_until(document.kind, document.patient, now)
    document.save()
    Page.objects.bulk_create(
        Page(
            document=document,
            number=number,
            key=stored.key,
            version=stored.version,
            width=picture.width,
            height=picture.height,
        )
        for number, (stored, picture) in enumerate(pages, 1)
    )


def _record(
    document: Document, action: str, data: dict[str, object], *, by: Actor, now: dt.datetime
) -> None:
    record_audit(
        action=action,
        subject=document,
        patient_id=document.patient_id,
        by=by,
        now=now,
        data=data,
    )


def _put(
    path: Path, prefix: str, content_type: str, stored: list[storage.Stored]
) -> storage.Stored:
    with path.open("rb") as file:
        stored.append(storage.put_stream(storage.new_key(prefix), file, content_type))
    return stored[-1]


def _forget(stored: list[storage.Stored]) -> None:
    for each in stored:
        try:
            storage.delete_version(each.key, each.version)
        except storage.StorageError as error:  # the daily sweep removes them
            logger.info("orphan-left", reason=type(error).__name__)
            return


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Removing documents for good: the bytes first, then the row that knew where they lay.

Three steps, each of which may be the last one before a power cut: the row is marked, all versions
of its objects are removed from the bucket, and the row goes with a line in the audit trail. What
was marked is found again by the next run.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import TreatingRelationship
from accounts.operations import record_audit
from clinic.lib.actor import Actor
from documents import storage
from documents.models import Document
from documents.operations.errors import DocumentError
from documents.operations.handing_over import StorageTrouble
from documents.retention import keep_until

logger = structlog.get_logger(__name__)

# The store may be slow: what one run does not do, the next one does.
MOST_A_RUN = 5_000


class OnHold(DocumentError):
    sentence = _("This document is on legal hold and stays.")


class KeptLonger(DocumentError):
    """Nobody sees it: a run goes on with the next one."""


class BeingChecked(DocumentError):
    sentence = _("This document is being checked at this moment. Try again in a few minutes.")


@dataclass
class Purged:
    """What a run did. `away`: why it ended before everything was done."""

    gone: int = 0
    versions: int = 0
    postponed: int = 0
    left: list[uuid.UUID] = field(default_factory=list)
    away: str = ""


def purge_due(*, now: dt.datetime, by: Actor | None = None, most: int = MOST_A_RUN) -> Purged:
    """Remove what was deleted longer than DOCUMENT_UNDO_DAYS ago, what nobody needs to keep any
    more, and what an earlier run began with. Safe to repeat, and never what is on legal hold.

    Whoever is still treated keeps everything: the years count from the end of the treatment.
    A store that is away ends the run; the next one goes on.
    """
    by = by or Actor.system("purge-documents")
    done = Purged()
    for document in _due(now=now)[:most]:
        cause = "deleted" if document.deleted_at else "retention"
        try:
            if cause == "retention" and _postponed(document, now=now):
                done.postponed += 1
                continue
            done.versions += purge(document_id=document.pk, cause=cause, by=by, now=now)
            done.gone += 1
        except StorageTrouble as error:
            logger.warning("purge-interrupted", reason=error.reason, gone=done.gone)
            done.away = error.reason
            break
        except DocumentError:  # held, checked or to be kept since it was read
            done.left.append(document.pk)
    return done


def purge(*, document_id: uuid.UUID, cause: str, by: Actor, now: dt.datetime) -> int:
    """Remove one document, whatever its age, and say how many versions went.

    `cause` ("deleted", "retention", "erased") is written into the trail. Refuses to run inside a
    transaction. Raises OnHold, BeingChecked and StorageTrouble; what was begun is then finished by
    a repetition, or by the next daily run. What is no longer there needs no removing. With the
    cause "retention" raises KeptLonger while it must be kept, and with "deleted" when the patient
    has it back.
    """
    keys = _begin(document_id, cause=cause, now=now)
    if keys is None:
        return 0
    try:
        versions = sum(storage.delete_all_versions(key) for key in keys)
    except storage.StorageError as error:
        raise StorageTrouble(type(error).__name__) from error
    _end(document_id, cause=cause, versions=versions, by=by, now=now)
    return versions


def _due(*, now: dt.datetime) -> list[Document]:
    undone_until = now - dt.timedelta(days=settings.DOCUMENT_UNDO_DAYS)
    over = Q(purging_at__isnull=False) | Q(deleted_at__lt=undone_until)
    kept_long_enough = Q(deleted_at__isnull=True, keep_until__lt=now.date())
    found = Document.objects.filter(over | kept_long_enough, held_at__isnull=True)
    return list(found.select_related("patient").order_by("created_at", "pk"))


def _postponed(document: Document, *, now: dt.datetime) -> bool:
    """Count the years from the end of the treatment, if that is later than what was counted from.

    Returns whether the document stays.
    """
    treated = TreatingRelationship.objects.filter(patient=document.patient_id)
    last = treated.aggregate(last=Max("ends_at"))["last"]
    if last is None:
        return False
    until = keep_until(document.kind, document.patient, last)
    if until < now.date():
        return False
    Document.objects.filter(pk=document.pk).update(keep_until=until)
    return True


def _begin(document_id: uuid.UUID, *, cause: str, now: dt.datetime) -> list[str] | None:
    """Mark the row, so that nobody reads it, takes it back or holds it; returns all its keys.

    A checker whose lease ran out has lost it with this: what it still writes no row will name.
    """
    with transaction.atomic(durable=True):
        document = (
            Document.objects.select_for_update(no_key=True)
            .filter(pk=document_id)
            .prefetch_related("pages")
            .first()
        )
        if document is None:
            return None
        if document.held_at is not None:
            raise OnHold
        if document.leased_until is not None and document.leased_until > now:
            raise BeingChecked
        if document.purging_at is None:
            if not _still(cause, document, now=now):
                raise KeptLonger
            document.deleted_at = document.deleted_at or now
            document.purging_at = now
            document.lease = document.leased_until = None
            document.save(update_fields=["deleted_at", "purging_at", "lease", "leased_until"])
        pages = [page.key for page in document.pages.all()]
    return [key for key in (document.upload_key, *pages, document.key) if key]


def _still(cause: str, document: Document, *, now: dt.datetime) -> bool:
    """Whether the cause stands: what it is called may have changed since the list was made, and so
    how long it is kept; or the patient has it back."""
    if cause == "retention":
        return document.keep_until is not None and document.keep_until < now.date()
    return cause != "deleted" or document.deleted_at is not None


def _end(document_id: uuid.UUID, *, cause: str, versions: int, by: Actor, now: dt.datetime) -> None:
    with transaction.atomic(durable=True):
        document = Document.objects.select_for_update().filter(pk=document_id).first()
        if document is None:
            return  # another run was as far
        record_audit(
            action="document.purged",
            subject=document,
            patient_id=document.patient_id,
            by=by,
            now=now,
            data={"cause": cause, "kind": document.kind, "versions": versions},
        )
        document.delete()

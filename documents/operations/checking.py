"""Checking an upload: one version of it, by one worker at a time, until it is decided once.

The bytes come before the row that names them: a worker that is killed at any point leaves a row
that is still being checked, and objects that nobody reads and the orphans' sweep removes.
"""

from __future__ import annotations

import datetime as dt
import enum
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from clinic.lib.actor import Actor
from documents import checking, storage
from documents.models import Document, DocumentStatus, WaitsFor
from documents.models.document import DocumentQuerySet
from documents.operations import deciding_uploads as deciding
from documents.operations import scratch

logger = structlog.get_logger(__name__)

CHECKER = Actor.system("checking")
# A worker that died is noticed after this long; whoever is alive renews it between the steps,
# none of which takes longer.
LEASE = dt.timedelta(minutes=3)
# What has taken so many workers with it is taken for what kills them.
MOST_LOSSES = 2
# What was away is not asked again sooner, and one run does so much.
PAUSE = dt.timedelta(seconds=30)
MOST_A_RUN = 100
MOST_AWAY = 3

WAITS = {
    storage.StorageAway: WaitsFor.STORAGE,
    storage.StorageFull: WaitsFor.SPACE,
    storage.StorageDenied: WaitsFor.KEY,
    checking.ScannerAway: WaitsFor.SCANNER,
}


class Outcome(enum.StrEnum):
    READY = "ready"
    REFUSED = "refused"
    WAITS = "waits"  # what it needs is away; it is tried again
    BUSY = "busy"  # somebody else checks it, or it is decided


@dataclass(frozen=True, slots=True)
class Work:
    """An upload under a lease of ours."""

    document: Document  # as it was when the lease began
    lease: uuid.UUID
    now: dt.datetime
    began: float  # monotonic clock

    def renew(self) -> None:
        """Between two steps. Raises `deciding.Overtaken` when it is ours no more."""
        until = self.now + dt.timedelta(seconds=time.monotonic() - self.began) + LEASE
        mine = Document.objects.filter(pk=self.document.pk, lease=self.lease)
        if not mine.update(leased_until=until):
            raise deciding.Overtaken


def check_waiting(*, clock: Callable[[], dt.datetime]) -> dict[str, int]:
    """Check what waits, the oldest first, until nothing does or what is needed is away.

    Returns how many came to which outcome. Any number of workers may do it at once.
    """
    counts: dict[str, int] = {}
    while sum(counts.values()) < MOST_A_RUN and counts.get(Outcome.WAITS, 0) < MOST_AWAY:
        now = clock()
        # What was never tried before what was away a while ago.
        order = (F("tried_at").asc(nulls_first=True), "created_at")
        following = waiting(now=now).order_by(*order).values_list("pk", flat=True).first()
        if following is None:
            break
        outcome = check_document(following, now=now)
        counts[outcome] = counts.get(outcome, 0) + 1
    return counts


def waiting(*, now: dt.datetime) -> DocumentQuerySet:
    """Uploads that nobody checks at this moment, and that may be tried."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    due = Q(tried_at__isnull=True) | Q(tried_at__lte=now - PAUSE)
    checked = Document.objects.filter(status=DocumentStatus.CHECKING, purging_at__isnull=True)
    return checked.filter(free & due)


def check_document(document_id: uuid.UUID, *, now: dt.datetime) -> Outcome:
    """Decide one upload, unless somebody is at it: READY, or REFUSED with its reason.

    Refuses to run inside a transaction. What is away (the store, its key, the virus scanner) leaves
    it undecided, and the row says what it waits for.
    """
    work = _begin(document_id, now=now)
    if isinstance(work, Outcome):
        return work
    try:
        with scratch.directory() as place:
            return _decide(work, place)
    except deciding.Overtaken:
        return Outcome.BUSY
    except tuple(WAITS) as error:
        _put_back(work, WAITS[type(error)])
        reason = WAITS[type(error)].value
        logger.warning("document-waits", document=str(document_id), reason=reason)
        return Outcome.WAITS


def _begin(document_id: uuid.UUID, *, now: dt.datetime) -> Work | Outcome:
    """Take it for ourselves; what a worker died of twice is decided by that."""
    with transaction.atomic(durable=True):
        locked = waiting(now=now).select_for_update(skip_locked=True, of=("self",))
        document = locked.filter(pk=document_id).first()
        if document is None:
            return Outcome.BUSY
        if document.lease is not None:
            document.losses += 1
        if document.losses >= MOST_LOSSES:
            deciding.write_refusal(document, "too-complex", by=CHECKER, now=now)
            transaction.on_commit(lambda: deciding.forget_upload(document))
            return Outcome.REFUSED
        document.lease, document.leased_until = uuid.uuid4(), now + LEASE
        document.tried_at = now
        document.save(update_fields=["lease", "leased_until", "losses", "tried_at"])
    return Work(document, document.lease, now, time.monotonic())


def _decide(work: Work, place: Path) -> Outcome:
    verdict = _verdict(work, place)
    work.renew()
    if isinstance(verdict, checking.Refused):
        deciding.refuse(work.document, work.lease, verdict.code, by=CHECKER, now=work.now)
        outcome = Outcome.REFUSED
    else:
        deciding.accept(work.document, work.lease, verdict, work.renew, by=CHECKER, now=work.now)
        outcome = Outcome.READY
    deciding.forget_upload(work.document)
    return outcome


def _verdict(work: Work, place: Path) -> checking.Verdict:
    """On the version that was recorded when it arrived, whatever has come under the key since."""
    key, version = work.document.upload_key, work.document.upload_version
    stored = storage.head(key, version)
    if stored is None:
        return checking.Refused("gone")
    if stored.size > settings.DOCUMENT_MAX_BYTES:  # not worth fetching
        return checking.Refused("too-large")
    path, out = place / "upload", place / "out"
    try:
        storage.download_to(key, version, path)
    except storage.NotThere:
        return checking.Refused("gone")
    out.mkdir()
    work.renew()
    return checking.check(
        path,
        declared_type=work.document.declared_type,
        out_dir=out,
        most_bytes=settings.DOCUMENT_MAX_BYTES,
        scanner_address=settings.CLAMD_ADDRESS,
    )


def _put_back(work: Work, reason: WaitsFor) -> None:
    """Nobody died, and nothing is decided."""
    mine = Document.objects.filter(pk=work.document.pk, lease=work.lease)
    mine.update(lease=None, leased_until=None, waits_for=reason)

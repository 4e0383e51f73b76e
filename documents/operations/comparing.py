"""Whether the bucket holds what the rows say, and nothing else for long. Changes nothing."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.db.models import F, QuerySet
from django.db.models.functions import Collate

from documents import storage
from documents.models import Document, Page
from documents.operations.handing_over import StorageTrouble
from documents.operations.orphans import OLD_ENOUGH, sweep_orphans

# The sweep runs daily: what is older than its own day and this was left by a sweep that is not run.
SWEPT_WITHIN = dt.timedelta(days=2)


@dataclass(frozen=True)
class Missing:
    """A row whose bytes are not in the bucket, in its version and of its size."""

    document_id: uuid.UUID
    what: str  # "file" or "page"
    fault: str


def missing_objects() -> Iterator[Missing | None]:
    """Each row that is served, in turn: None for one that has its bytes. Raises StorageTrouble.

    Rows and listing are walked side by side, both by key. What the listing does not show is asked
    for by itself: it may have been written, or removed with its row, while that was read.
    """
    ready = Document.objects.filter(status="ready", purging_at=None)
    pages = Page.objects.filter(document__purging_at=None).annotate(of=F("document"))
    try:
        yield from _compare(ready.annotate(of=F("pk"), bytes=F("size")), storage.FILES, "file")
        yield from _compare(pages.annotate(bytes=F("width") * 0), storage.PAGES, "page")
    except storage.StorageError as error:
        raise StorageTrouble(type(error).__name__) from error


def forgotten_objects(*, now: dt.datetime) -> int:
    """How many versions no row has named for longer than the daily sweep leaves them. Raises
    StorageTrouble."""
    try:
        return sweep_orphans(now=now - SWEPT_WITHIN + OLD_ENOUGH, dry_run=True).orphans
    except storage.StorageError as error:
        raise StorageTrouble(type(error).__name__) from error


def _compare(rows: QuerySet, prefix: str, what: str) -> Iterator[Missing | None]:
    """`of` is the document, `bytes` its size; 0: unknown."""
    listed = groupby(storage.versions(prefix), key=lambda each: each.key)
    key, versions = "", {}
    in_order = rows.order_by(Collate("key", "C")).values_list("pk", "of", "key", "version", "bytes")
    for pk, document, wanted, version, size in in_order.iterator(chunk_size=500):
        while key < wanted and (found := next(listed, None)) is not None:
            key, versions = found[0], {each.version: each.size for each in found[1]}
        there = versions.get(version) if key == wanted else None
        if there is None and (stored := storage.head(wanted, version)) is not None:
            there = stored.size
        if there is not None and size in (0, there):
            yield None
        elif rows.filter(pk=pk, key=wanted, version=version).exists():
            yield Missing(document, what, "no such object" if there is None else "another size")

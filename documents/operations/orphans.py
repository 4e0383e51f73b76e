"""Objects in the bucket that no row speaks of: what a killed process, a second use of an upload
form or a restored database left behind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from documents import storage
from documents.models import Document, Page
from documents.models.document import DECIDED

PREFIXES = (storage.UPLOADS, storage.FILES, storage.PAGES)
# Bytes come before the row that names them, and an upload form is good for minutes: what is
# younger may be somebody's work at this moment.
OLD_ENOUGH = dt.timedelta(days=1)
AT_ONCE = 500


@dataclass
class Sweep:
    """What a look at the whole bucket found. `young` orphans are left for another day."""

    seen: int = 0
    known: int = 0
    young: int = 0
    orphans: int = 0
    bytes: int = 0
    gone: int = 0
    keys: list[str] = field(default_factory=list)


def sweep_orphans(*, now: dt.datetime, dry_run: bool = False) -> Sweep:
    """Remove every version that no row names and that is older than a day; `dry_run`: count them.

    Of a document that is decided the quarantine is no longer needed either. Raises a StorageError;
    may be interrupted and repeated.
    """
    sweep = Sweep()
    for batch in _batches():
        # Asked after the listing: what was written before it was listed has its row by now, or
        # is younger than a day.
        named = _named(batch)
        for each in batch:
            sweep.seen += 1
            if _is_known(each, named):
                sweep.known += 1
            elif each.at > now - OLD_ENOUGH:
                sweep.young += 1
            else:
                sweep.orphans += 1
                sweep.bytes += each.size
                sweep.keys.append(each.key)
                if not dry_run:
                    storage.delete_version(each.key, each.version)
                    sweep.gone += 1
    return sweep


def _batches() -> Iterator[list[storage.Version]]:
    for prefix in PREFIXES:
        found = storage.versions(prefix)
        while batch := list(islice(found, AT_ONCE)):
            yield batch


def _named(batch: list[storage.Version]) -> set[tuple[str, str]]:
    """The pairs of key and version that rows name; an upload that is not decided keeps every
    version of its key ("*"): which one is meant is not known yet."""
    keys = {each.key for each in batch}
    named = set(Document.objects.filter(key__in=keys).values_list("key", "version"))
    named |= set(Page.objects.filter(key__in=keys).values_list("key", "version"))
    waiting = Document.objects.filter(upload_key__in=keys).exclude(status__in=DECIDED)
    return named | {(key, "*") for key in waiting.values_list("upload_key", flat=True)}


def _is_known(each: storage.Version, named: set[tuple[str, str]]) -> bool:
    return (each.key, each.version) in named or (each.key, "*") in named

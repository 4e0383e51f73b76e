"""Is the audit trail what it was? The seals recomputed, and compared with the heads outside."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import Sum
from django.utils.timezone import localtime

from accounts import heads
from accounts.models import AuditSeal
from accounts.queries import verify_audit

# A new seal's head is stored within minutes.
LATE = dt.timedelta(minutes=30)


@dataclass(slots=True)
class Report:
    seals: int
    rows: int  # under a seal
    heads: int = 0  # outside
    faults: list[str] = field(default_factory=list)
    # What could not be proved; each is a fault only to who requires the heads.
    unproved: list[str] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        return {"ok": not self.faults, **asdict(self)}


def verify(*, now: dt.datetime) -> Report:
    """Recompute every seal from its rows, and ask every head that was stored outside."""
    unproved: list[str] = []
    # The heads first: of what is sealed while this runs, a head would seem to have lost its seal.
    outside = _outside(unproved)
    known = dict(AuditSeal.objects.values_list("pk", "digest"))
    rows = AuditSeal.objects.aggregate(rows=Sum("rows"))["rows"] or 0
    report = Report(seals=len(known), rows=rows, faults=verify_audit(), unproved=unproved)
    if outside is None:
        return report
    report.heads = len(outside)
    report.faults += compared(known, outside)
    try:
        report.unproved += _gaps(outside, now=now)
    except heads.HeadsAway as error:
        report.unproved.append(_away(error))
    return report


def _outside(unproved: list[str]) -> list[heads.Head] | None:
    """What lies outside; None, and why not, when that cannot be known."""
    try:
        return heads.stored()
    except heads.NoBucket:
        unproved.append(
            "No AUDIT_BUCKET is set: whoever owns the database could rewrite all of it unnoticed."
        )
    except heads.HeadsAway as error:
        unproved.append(_away(error))
    return None


def _away(error: heads.HeadsAway) -> str:
    return f"The bucket of the heads does not answer ({error}): not all was compared with it."


def compared(known: dict[int, str], outside: list[heads.Head]) -> list[str]:
    """A sentence for each head that does not follow from what the database holds now."""
    faults = []
    newest = max(known, default=0)
    for head in outside:
        when = f"{localtime(head.stored_at):%Y-%m-%d %H:%M}"
        digest = known.get(head.seal)
        if digest is None and head.seal > newest:
            faults.append(f"The end was cut off: seal {head.seal} was stored outside on {when}.")
        elif digest is None:
            faults.append(f"Seal {head.seal} is missing: it was stored outside on {when}.")
        elif digest != head.digest:
            faults.append(f"Seal {head.seal} was rewritten after {when}, and all that it covers.")
    return faults


def _gaps(outside: list[heads.Head], *, now: dt.datetime) -> list[str]:
    newest = AuditSeal.objects.order_by("-id").first()
    if newest is None:
        return []
    if not outside:
        return ["No head was ever stored outside."]
    gaps = []
    since = AuditSeal.objects.filter(pk__gt=outside[-1].seal).order_by("id").first()
    if since is not None and now - since.sealed_at > LATE:
        gaps.append(
            f"Since {localtime(since.sealed_at):%Y-%m-%d %H:%M} no head was stored outside:"
            " is the worker running?"
        )
    if not heads.is_locked(outside[-1], now=now):
        gaps.append("The newest head is not locked: whoever has the bucket's key can remove it.")
    return gaps

"""Who looked at a patient's record: what the audit trail says to the patient."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.models import AuditEvent, Doctor, EmergencyAccess, User

# What an action that only reads ends with: "patient.viewed", "document.downloaded". Whoever names
# a new one ends it alike, or patients are not told of it.
READS = ("viewed", "listed", "found", "exported", "downloaded", "printed", "read", "mailed")
# A glass that was broken is told also when nothing was read through it.
IS_LOOK = rf"[._]({'|'.join(READS)})$|^emergency"


@dataclass(frozen=True, slots=True)
class Look:
    """One line of "who looked at my record"."""

    id: int  # of the row; give the last one's as `before` for the next page
    at: dt.datetime
    # Who: None for the system and for whoever came by a link. The name is the doctor's where the
    # login is one, and "" when it has none or is no longer there. Never an email address.
    user_id: uuid.UUID | None
    name: str
    role: str  # what the person is now: "doctor", "staff", "operator", "patient", "", or "system"
    action: str  # "document.downloaded"
    subject_type: str  # "documents.document"
    subject_id: str  # "" for a list
    is_list: bool  # the patient was one of several on a page
    ground: str  # why it was allowed, as recorded: "treating", "emergency", …; may be ""
    reason: str  # what the doctor wrote when the glass was broken; "" otherwise
    data: dict[str, Any] = field(default_factory=dict)  # ids and codes, without other patients


def looks_at(
    patient_id: uuid.UUID, *, before: int | None = None, limit: int = 50, own: bool = False
) -> list[Look]:
    """Reads of the patient's data, newest first: of the record itself, and of lists it was on.

    `before` is the id of the last line that is known already. Without `own` the patient's own reads
    are left out; a carer's are told. Records that became one with this one are included. Seven
    queries, each by an index.
    """
    ids = former_ids(patient_id)
    rows = AuditEvent.objects.filter(action__regex=IS_LOOK)
    if not own:
        rows = rows.exclude(user_id__in=User.objects.filter(patient=patient_id).values("pk"))
    if before is not None:
        known = AuditEvent.objects.filter(pk=before).values_list("at", flat=True).first()
        if known is None:
            return []
        rows = rows.filter(Q(at__lt=known) | Q(at=known, pk__lt=before))
    return as_looks(_newest_about(ids, rows, limit=limit))


def _newest_about(
    ids: list[uuid.UUID], rows: QuerySet[AuditEvent], *, limit: int
) -> list[AuditEvent]:
    """Two questions, each to its own index: in one, PostgreSQL would rather walk millions of rows
    by time in the hope of coming by a few of these soon. For the same reason lists are sorted by
    what no index has."""
    alone = rows.filter(patient_id__in=ids).order_by("-at", "-id")
    named = Q()
    for each in ids:
        named |= Q(data__patients__contains=[str(each)])
    listed = rows.filter(named, data__has_key="patients").order_by(
        (F("at") + dt.timedelta()).desc(), "-id"
    )
    found = {row.pk: row for row in (*alone[:limit], *listed[:limit])}
    return sorted(found.values(), key=lambda row: (row.at, row.pk), reverse=True)[:limit]


def former_ids(patient_id: uuid.UUID) -> list[uuid.UUID]:
    """The patient's id, and those of the records that were put together with it."""
    found, ask = [patient_id], [patient_id]
    while ask:
        rows = AuditEvent.objects.filter(
            action="patient.merged", patient_id__in=ask, data__kept__in=[str(each) for each in ask]
        )
        merged = {uuid.UUID(each) for each in rows.values_list("data__merged", flat=True)}
        ask = sorted(merged - set(found))
        found += ask
    return found


def as_looks(rows: list[AuditEvent]) -> list[Look]:
    users = {row.user_id for row in rows if row.user_id}
    people = User.objects.filter(pk__in=users).prefetch_related("groups").in_bulk()
    doctors = {each.user_id: each.display_name for each in Doctor.objects.filter(user__in=users)}
    glasses = {glass for row in rows if (glass := _glass(row))}
    reasons = dict(EmergencyAccess.objects.filter(pk__in=glasses).values_list("pk", "reason"))
    return [
        Look(
            id=row.pk,
            at=row.at,
            user_id=row.user_id,
            name=doctors.get(row.user_id) or _name(people.get(row.user_id)),
            role=_role(row, people.get(row.user_id)),
            action=row.action,
            subject_type=row.subject_type,
            subject_id=row.subject_id,
            is_list="patients" in row.data,
            ground=str(row.data.get("ground", "")),
            reason=reasons.get(_glass(row) or NOTHING, ""),
            data={name: value for name, value in row.data.items() if name != "patients"},
        )
        for row in rows
    ]


# The role that says most about why somebody looks comes first.
ROLES = ("doctor", "staff", "operator", "patient")


def _role(row: AuditEvent, user: User | None) -> str:
    if row.user_id is None:
        return "system" if row.actor.startswith("system:") else ""
    names = {group.name for group in user.groups.all()} if user else set()
    return next((role for role in ROLES if role in names), "")


def _name(user: User | None) -> str:
    return user.name if user else ""


NOTHING = uuid.UUID(int=0)


def _glass(row: AuditEvent) -> uuid.UUID | None:
    """The emergency access that the row names, or is about."""
    is_own = row.subject_type == EmergencyAccess._meta.label_lower
    try:
        return uuid.UUID(row.subject_id if is_own else str(row.data.get("emergency", "")))
    except ValueError:
        return None

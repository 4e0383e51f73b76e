"""Writing and sealing the audit trail."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection, models, transaction
from structlog.contextvars import get_contextvars

from accounts.models import AuditEvent, AuditSeal, Patient
from accounts.operations.audit_digest import LINK_DIGEST
from clinic.lib.actor import Actor
from clinic.lib.metrics import audited

ROWS_PER_SEAL = 10_000
# Patients named in one row; an export may have ten times as many.
MOST_LISTED = 5_000
# A row can appear below ids that are sealed already: its id was drawn before, and its transaction
# began to write after. That takes moments; an hour of links is looked at again on every run, and
# all of them once a day.
LOOK_BACK = dt.timedelta(hours=1)
SEAL_LOCK = 0x5EA1_A0D1


def record_audit(
    *,
    action: str,
    subject: models.Model,
    by: Actor,
    now: dt.datetime,
    patient_id: uuid.UUID | str | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write one line of the audit trail, in the transaction of the change that it tells.

    `data` holds ids and codes, never free text or values of a person's record. One INSERT and
    nothing else: this is on the path of every booking.
    """
    if patient_id is None and isinstance(subject, Patient):
        patient_id = subject.pk
    AuditEvent.objects.create(
        at=now,
        action=action,
        actor=by.label[:60],
        user_id=by.user_id,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        patient_id=patient_id,
        address=by.address[:45],
        request_id=str(get_contextvars().get("request_id", ""))[:64],
        data=data or {},
    )
    audited.note(action)


def record_list(
    *,
    action: str,
    of: type[models.Model] | models.Model,
    patient_ids: Iterable[uuid.UUID | str],
    by: Actor,
    now: dt.datetime,
    data: dict[str, Any] | None = None,
) -> None:
    """Write down that a list with personal data was read: one line with the ids of all patients on
    it. A list that showed nobody is no look at anybody, and leaves none; an export of very many
    leaves a line for each so many.

    `of`: what is listed, or the record whose list it is (a doctor's day).
    """
    patients = sorted({str(patient) for patient in patient_ids})
    request_id = str(get_contextvars().get("request_id", ""))[:64]
    AuditEvent.objects.bulk_create(
        AuditEvent(
            at=now,
            action=action,
            actor=by.label[:60],
            user_id=by.user_id,
            subject_type=of._meta.label_lower,
            subject_id=str(of.pk) if isinstance(of, models.Model) else "",
            patient_id=None,
            address=by.address[:45],
            request_id=request_id,
            data={**(data or {}), "patients": patients[at : at + MOST_LISTED]},
        )
        for at in range(0, len(patients), MOST_LISTED)
    )


def seal_audit(*, now: dt.datetime) -> int:
    """Chain every finished row that is in no seal yet. Returns how many rows were sealed.

    Only rows older than the oldest running transaction are taken, so that a link never speaks of
    a row that may still be undone, nor misses one that is about to appear beside it.
    """
    sealed = 0
    while (rows := _seal_once(now=now)) > 0:
        sealed += rows
        if rows < ROWS_PER_SEAL:
            break
    return sealed


def _seal_once(*, now: dt.datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
        if not cursor.fetchone()[0]:
            return 0  # another worker is at it
        last = AuditSeal.objects.order_by("-id").first()
        previous = last.digest if last else ""
        cursor.execute(
            SEAL,
            {
                "floor": _floor(last, now=now),
                "limit": ROWS_PER_SEAL,
                "previous": previous,
            },
        )
        rows, digest, event_ids = cursor.fetchone()
        if rows:
            AuditSeal.objects.create(
                sealed_at=now,
                event_ids=json.loads(event_ids),
                rows=rows,
                previous=previous,
                digest=digest,
            )
        return rows


def _floor(last: AuditSeal | None, *, now: dt.datetime) -> int:
    """Above which id to look for rows: above every link from before the time looked at again."""
    if last is None or last.sealed_at.date() != now.date():
        return 0
    old = AuditSeal.objects.filter(sealed_at__lte=now - LOOK_BACK)
    return old.order_by("-last_id").values_list("last_id", flat=True).first() or 0


# What is sealed above the floor is asked of every link that reaches above it, however old: a link
# with one late row among new ones spans far more than it holds.
# age() compares transaction ids as the server does, also after they have wrapped around.
SEAL = f"""
WITH batch AS MATERIALIZED (
    SELECT e.* FROM accounts_auditevent e
    WHERE e.id > %(floor)s
      AND NOT e.id <@ (
          SELECT coalesce(
              range_agg(int8range((span->>0)::bigint, (span->>1)::bigint, '[]')),
              '{{}}'::int8multirange
          )
          FROM accounts_auditseal s, jsonb_array_elements(s.event_ids) span
          WHERE s.last_id > %(floor)s
      )
      AND age(e.xmin) > age(pg_snapshot_xmin(pg_current_snapshot())::xid)
    ORDER BY e.id
    LIMIT %(limit)s
), islands AS (
    SELECT min(id) AS first, max(id) AS last
    FROM (SELECT id, id - row_number() OVER (ORDER BY id) AS island FROM batch) numbered
    GROUP BY island
)
SELECT count(*), {LINK_DIGEST.format(previous="%(previous)s::text")},
       (SELECT jsonb_agg(jsonb_build_array(first, last) ORDER BY first) FROM islands)::text
FROM batch e
"""  # noqa: S608 (joins two constants of ours)

"""Patients' documents: rows that can be, and bytes where the rows say that they are."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.utils import timezone

from booking.invariants.check import Check, Result, found, rows_check
from documents import operations as documents

# The sweeps of the clock run daily; two days late they do not run.
_LATE = int(settings.DOCUMENT_UNDO_DAYS) + 2
_SERVED = """
    SELECT key, id::text AS row, 'file' AS what FROM documents_document WHERE key <> ''
    UNION ALL SELECT key, document_id::text, 'page' FROM documents_page
    UNION ALL SELECT upload_key, id::text, 'upload' FROM documents_document
"""


def _have_their_objects(_clinic: uuid.UUID | None, result: Result) -> None:
    broken = []
    try:
        for each in documents.missing_objects():
            result.checked += 1
            if each is not None:
                broken.append(
                    {"document": str(each.document_id), "what": each.what, "fault": each.fault}
                )
    except documents.StorageTrouble as error:
        result.note = f"the document storage did not answer: {error.reason}"
    found(result, broken)


def _no_object_is_forgotten(_clinic: uuid.UUID | None, result: Result) -> None:
    try:
        forgotten = documents.forgotten_objects(now=timezone.now())
    except documents.StorageTrouble as error:
        result.note = f"the document storage did not answer: {error.reason}"
        return
    found(result, [{"objects": forgotten, "remedy": "sweep_orphans"}] if forgotten else [])


CHECKS: list[Check] = [
    rows_check(
        "documents_are_in_a_true_state",
        "A document that is ready names its bytes, another has none to serve; one that is refused"
        " says why, and is leased only while it is checked.",
        of="documents_document",
        broken="""
            SELECT id, status FROM documents_document
            WHERE (status = 'ready') <> (key <> '' AND version <> '' AND coalesce(size, 0) > 0
                                         AND sha256 ~ '^[0-9a-f]{64}$')
               OR (status <> 'ready' AND key <> '')
               OR (status = 'refused') = (refusal = '')
               OR (lease IS NULL) <> (leased_until IS NULL)
               OR (lease IS NOT NULL AND status <> 'checking')
        """,
    ),
    rows_check(
        "no_object_is_of_two_documents",
        "Each object in the store is one document's, and nothing in quarantine is served.",
        of=f"SELECT 1 FROM ({_SERVED}) served",  # noqa: S608 (joins constants of ours)
        broken=f"""
            SELECT key, array_agg(row || ' ' || what) AS rows FROM ({_SERVED}) served
            GROUP BY key HAVING count(*) > 1
        """,  # noqa: S608
    ),
    rows_check(
        "what_is_on_hold_is_kept",
        "A document on legal hold has a reason, and is neither deleted nor about to go.",
        of="SELECT 1 FROM documents_document WHERE held_at IS NOT NULL",
        broken="""
            SELECT id FROM documents_document WHERE held_at IS NOT NULL
              AND (held_reason = '' OR deleted_at IS NOT NULL OR purging_at IS NOT NULL)
        """,
    ),
    rows_check(
        "checks_of_documents_go_on",
        "No document waits for its verdict under a lease that ended an hour ago: the clock's sweep"
        " takes it up again.",
        of="SELECT 1 FROM documents_document WHERE status = 'checking'",
        broken="""
            SELECT id, leased_until, losses FROM documents_document
            WHERE leased_until < now() - interval '1 hour'
        """,
    ),
    rows_check(
        "what_was_deleted_is_gone",
        "What was deleted longer ago than it can be had back is removed by the daily run.",
        of="SELECT 1 FROM documents_document WHERE deleted_at IS NOT NULL",
        broken=f"""
            SELECT id, deleted_at, purging_at FROM documents_document
            WHERE deleted_at < now() - interval '{_LATE} days'
        """,  # noqa: S608
    ),
    rows_check(
        "wanted_documents_are_the_patients_own",
        "What came for a visit is a document of that visit's patient.",
        of="SELECT 1 FROM booking_wanteddocument WHERE document_id IS NOT NULL",
        broken="""
            SELECT w.id, w.appointment_id, w.document_id FROM booking_wanteddocument w
            JOIN booking_appointment a ON a.id = w.appointment_id
            JOIN documents_document d ON d.id = w.document_id
            WHERE d.patient_id IS DISTINCT FROM a.patient_id
        """,
    ),
    rows_check(
        "who_was_erased_has_no_name",
        "A patient who was erased has no name, address, login or document left.",
        of="SELECT 1 FROM accounts_patient WHERE erased_at IS NOT NULL",
        broken="""
            SELECT p.id FROM accounts_patient p WHERE p.erased_at IS NOT NULL AND (
                p.name <> 'erased' OR p.email <> '' OR p.phone <> '' OR p.user_id IS NOT NULL
                OR p.date_of_birth IS NOT NULL
                OR EXISTS (SELECT FROM documents_document d WHERE d.patient_id = p.id)
                OR EXISTS (SELECT FROM notifications_message m WHERE m.patient_id = p.id))
        """,
    ),
]

# These ask the store, which nobody waits for inside a transaction.
OUTSIDE: list[Check] = [
    Check(
        "ready_documents_have_their_object",
        "Each document that is ready, and each picture of a page, lies in the store in its version"
        " and size.",
        _have_their_objects,
    ),
    Check(
        "no_object_is_forgotten",
        "What no row names does not stay in the store for days.",
        _no_object_is_forgotten,
    ),
]

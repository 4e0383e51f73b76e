"""Patients' documents: the family's pages, and what the clinic's people may open of them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import Doctor
from documents.models import DocumentStatus
from tests import factories
from tests.access.matrix import Expected, Row, looked_after, own, signed_in

PDF = "application/pdf"


def readers(outcome: int, **others: int) -> Expected:
    """For whoever may read: the family, and who treats the patient."""
    return looked_after(outcome, treating_doctor=outcome, **others)


def document(t: Any) -> dict[str, Any]:
    return {"document_id": factories.document(t.patient, pages=1).pk}


def awaited(t: Any) -> dict[str, Any]:
    made = factories.document(t.patient, status=DocumentStatus.AWAITED)
    return {"document_id": made.pk}


def deleted(t: Any) -> dict[str, Any]:
    """By the patient."""
    gone = {"deleted_at": timezone.now(), "deleted_by": t.patient.user_id}
    return {"document_id": factories.document(t.patient, **gone).pk}


def other_doctor(t: Any) -> Doctor:
    return Doctor.objects.get(user=t.users["other_doctor"])


ROWS = [
    Row("documents/", GET=signed_in(200)),
    # Nothing was chosen. Who has no record is told so.
    Row(
        "documents/upload/",
        GET=signed_in(200),
        POST=signed_in(200, patient=400, other_patient=400, carer=400),
    ),
    Row(
        "documents/upload/begin/",
        POST=signed_in(404, patient=200, other_patient=200, carer=200),
        send=lambda t: {"kind": "result", "name": "a.pdf", "type": PDF, "size": "9"},
    ),
    Row("documents/who-looked/", GET=signed_in(200)),
    Row("documents/<uuid:document_id>/", GET=readers(200), at=document),
    # Nothing has come yet.
    Row("documents/<uuid:document_id>/arrived/", POST=looked_after(409), at=awaited),
    Row("documents/<uuid:document_id>/state/", GET=readers(204), at=document),
    Row(
        "documents/<uuid:document_id>/pages/<int:number>/",
        GET=readers(302),
        at=lambda t: document(t) | {"number": 1},
    ),
    # There are no bytes behind it, which is found only by who may have them.
    Row("documents/<uuid:document_id>/file/", GET=readers(503), at=document),
    Row(
        "documents/<uuid:document_id>/describe/",
        GET=own(200),
        POST=own(302),
        at=document,
        send=lambda t: {"name": "b.pdf", "kind": "letter"},
    ),
    Row(
        "documents/<uuid:document_id>/share/",
        GET=own(200),
        POST=own(302),
        at=document,
        send=lambda t: {"doctor": str(other_doctor(t).pk)},
    ),
    Row(
        "documents/<uuid:document_id>/share/<uuid:doctor_id>/end/",
        POST=own(302),
        at=lambda t: document(t) | {"doctor_id": other_doctor(t).pk},
    ),
    Row("documents/<uuid:document_id>/delete/", GET=own(200), POST=own(302), at=document),
    Row("documents/<uuid:document_id>/restore/", POST=own(302), at=deleted),
]

"""A document is opened with permission, and with a line that stands before any link exists."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.db import transaction

from accounts.models import AuditEvent, EmergencyAccess, Patient, Role
from clinic.lib.actor import Actor
from documents.models import Document, DocumentStatus
from documents.operations import (
    NotReady,
    NotYours,
    list_documents,
    look_at,
    open_document,
    open_page,
)
from documents.operations.reading import LOOK
from tests import factories
from tests.factories import NOW


@pytest.fixture
def patient(db: None) -> Patient:
    return factories.patient(with_login=True)


@pytest.fixture
def document(patient: Patient) -> Document:
    return factories.document(patient, pages=2)


def reads() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action="document.read").order_by("id"))


def opened(document_id: uuid.UUID, patient: Patient, now: dt.datetime = NOW) -> Document:
    by = Actor.of_user(patient.user, "192.0.2.1")
    return open_document(document_id=document_id, user=patient.user, by=by, now=now)


def looked(document: Document, number: int, user: object, now: dt.datetime = NOW) -> int:
    by = Actor.of_user(user)
    page = open_page(document_id=document.pk, number=number, user=user, by=by, now=now)
    return page.number


def test_who_opens_a_document_is_on_record(document: Document, patient: Patient):
    assert opened(document.pk, patient).key == document.key
    (read,) = reads()
    assert (read.subject_id, read.patient_id) == (str(document.pk), patient.pk)
    assert (read.user_id, read.address) == (patient.user.pk, "192.0.2.1")
    assert read.data == {"ground": "own", "how": "file"}


def test_an_emergency_is_named_in_the_record(document: Document):
    doctor = factories.doctor(factories.clinic(), user=factories.user(Role.DOCTOR))
    access = EmergencyAccess.objects.create(
        patient=document.patient,
        doctor=doctor,
        user_id=doctor.user_id,
        reason="Found unconscious",
        opened_at=NOW,
        ends_at=NOW + dt.timedelta(hours=1),
    )
    by = Actor.of_user(doctor.user)
    look_at(document_id=document.pk, user=doctor.user, by=by, now=NOW)
    assert reads()[0].data == {
        "ground": "emergency",
        "how": "page",
        "emergency": str(access.pk),
    }


def test_a_stranger_is_told_of_no_document_and_leaves_no_line(document: Document):
    stranger = factories.patient(with_login=True)
    with pytest.raises(NotYours):
        opened(document.pk, stranger)
    with pytest.raises(NotYours):
        looked(document, 1, stranger.user)
    with pytest.raises(NotYours):
        opened(uuid.uuid4(), stranger)
    assert reads() == []


@pytest.mark.parametrize("status", [s for s in DocumentStatus if s != DocumentStatus.READY])
def test_only_what_is_ready_is_given_out(patient: Patient, status: str):
    unready = factories.document(patient, status=status, pages=1)
    with pytest.raises(NotReady):
        opened(unready.pk, patient)
    with pytest.raises(NotReady):
        looked(unready, 1, patient.user)
    assert reads() == []


def test_its_name_is_a_look_too_and_not_yet_one_at_its_pages(patient: Patient):
    document = factories.document(patient, status=DocumentStatus.CHECKING, pages=1)
    look_at(document_id=document.pk, user=patient.user, by=Actor.of_user(patient.user), now=NOW)
    document.status, document.key, document.version = DocumentStatus.READY, "files/it", "1"
    document.sha256 = "0" * 64
    document.save()
    looked(document, 1, patient.user)
    assert [read.data["how"] for read in reads()] == ["name", "page"]


def test_a_deleted_document_is_given_to_nobody(patient: Patient):
    gone = factories.document(patient, deleted_at=NOW, pages=1)
    with pytest.raises(NotYours):
        opened(gone.pk, patient)
    with pytest.raises(NotYours):
        looked(gone, 1, patient.user)
    assert reads() == []


def test_the_pictures_of_one_look_are_one_line(document: Document, patient: Patient):
    assert [looked(document, number, patient.user) for number in (1, 2, 1)] == [1, 2, 1]
    assert len(reads()) == 1
    looked(document, 2, patient.user, NOW + LOOK)
    assert len(reads()) == 2


def test_a_look_is_neither_anothers_nor_of_another_document(document: Document, patient: Patient):
    looked(document, 1, patient.user)
    looked(factories.document(patient, pages=1), 1, patient.user)
    doctor = factories.doctor(factories.clinic(), user=factories.user(Role.DOCTOR))
    doctor.treating.create(patient=patient, opened_at=NOW, ends_at=NOW + dt.timedelta(days=1))
    looked(document, 1, doctor.user)
    assert [read.data["ground"] for read in reads()] == ["own", "own", "treating"]


def test_a_page_that_is_not_there_is_no_page(document: Document, patient: Patient):
    factories.document(patient, pages=3)  # another's pages are not this one's
    with pytest.raises(NotYours):
        looked(document, 3, patient.user)
    assert reads() == []


def test_to_see_that_there_are_none_is_a_look_too(patient: Patient):
    doctor = factories.doctor(factories.clinic(), user=factories.user(Role.DOCTOR))
    by = Actor.of_user(doctor.user)
    listed = AuditEvent.objects.filter(action="documents.listed", patient_id=patient.pk)
    assert list_documents(patient=patient, user=doctor.user, by=by, now=NOW) == []
    assert not listed.exists()  # a stranger saw nothing, not even that
    doctor.treating.create(patient=patient, opened_at=NOW, ends_at=NOW + dt.timedelta(days=1))
    assert list_documents(patient=patient, user=doctor.user, by=by, now=NOW) == []
    assert listed.get().data["ground"] == "treating"


@pytest.mark.django_db(transaction=True)
def test_the_line_stands_although_what_follows_fails():
    patient = factories.patient(with_login=True)
    document = factories.document(patient)
    with pytest.raises(ConnectionError):
        opened(document.pk, patient)
        raise ConnectionError  # the store is away, the reader has gone
    assert len(reads()) == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_is_opened_inside_a_transaction_that_could_be_undone():
    patient = factories.patient(with_login=True)
    document = factories.document(patient)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        opened(document.pk, patient)
    assert reads() == []

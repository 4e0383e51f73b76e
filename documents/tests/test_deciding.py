"""Sharing, deleting and renaming: by the family, undone within days, and never what is on hold."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Care, Doctor, Patient, Role, TreatingRelationship, User
from accounts.operations import record_audit
from clinic.lib.actor import Actor
from documents.models import Document, DocumentStatus
from tests import factories

DAY = dt.timedelta(days=1)


@pytest.fixture
def doctor(db: None) -> Doctor:
    return factories.doctor(factories.clinic(), user=factories.user(Role.DOCTOR))


@pytest.fixture
def patient(doctor: Doctor) -> Patient:
    return factories.patient(with_login=True)


@pytest.fixture
def document(patient: Patient) -> Document:
    return factories.document(patient, pages=1)


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def family(patient: Patient) -> Client:
    return signed_in(patient.user)


def actions(document: Document) -> list[str]:
    found = AuditEvent.objects.filter(subject_id=str(document.pk)).order_by("id")
    return [each.split(".")[1] for each in found.values_list("action", flat=True)]


class TestSharing:
    def test_one_doctor_reads_one_document_until_it_is_withdrawn(
        self, family: Client, doctor: Doctor, document: Document, patient: Patient
    ):
        sibling = factories.document(patient)
        page = f"/documents/{document.pk}/"
        reader = signed_in(doctor.user)
        assert reader.get(page).status_code == 404
        assert str(doctor) in family.get(page + "share/").content.decode()
        assert family.post(page + "share/", {"doctor": doctor.pk}).status_code == 302
        shown = reader.get(page)
        assert shown.status_code == 200
        back = f"/day/patients/{patient.pk}/documents/"
        assert f'href="{back}"' in shown.content.decode()
        assert reader.get(back).status_code == 200
        assert reader.get(f"{page}pages/1/").status_code == 302
        assert reader.get(f"/documents/{sibling.pk}/").status_code == 404
        assert str(doctor) in family.get(page).content.decode()
        assert family.post(f"{page}share/{doctor.pk}/end/").status_code == 302
        for path in (page, page + "pages/1/", page + "file/", page + "state/"):
            assert reader.get(path).status_code == 404
        assert actions(document) == ["shared", "read", "read", "unshared"]

    def test_twice_is_once(self, family: Client, doctor: Doctor, document: Document):
        for _each in range(2):
            family.post(f"/documents/{document.pk}/share/", {"doctor": doctor.pk})
        assert document.shares.count() == 1
        for _each in range(2):
            family.post(f"/documents/{document.pk}/share/{doctor.pk}/end/")
        assert actions(document) == ["shared", "unshared"]

    def test_only_with_doctors_who_sign_in_here(
        self, family: Client, doctor: Doctor, document: Document
    ):
        Doctor.objects.filter(pk=doctor.pk).update(active=False)
        page = f"/documents/{document.pk}/share/"
        for chosen in (str(doctor.pk), "", "x"):
            assert family.post(page, {"doctor": chosen}).status_code in (400, 404)
        assert not document.shares.exists()

    def test_a_doctor_who_treats_the_patient_is_not_offered(
        self, family: Client, doctor: Doctor, document: Document, patient: Patient
    ):
        now = timezone.now()
        TreatingRelationship.objects.create(
            doctor=doctor, patient=patient, opened_at=now - DAY, ends_at=now + DAY
        )
        answer = family.get(f"/documents/{document.pk}/share/").content.decode()
        assert str(doctor) not in answer
        assert "There is nobody else to share it with" in answer

    def test_who_it_is_shared_with_passes_nothing_on(
        self, family: Client, doctor: Doctor, document: Document
    ):
        family.post(f"/documents/{document.pk}/share/", {"doctor": doctor.pk})
        reader = signed_in(doctor.user)
        for path in ("share/", "delete/", "describe/"):
            assert reader.get(f"/documents/{document.pk}/{path}").status_code == 404
            assert reader.post(f"/documents/{document.pk}/{path}").status_code == 404


class TestDeleting:
    def test_it_is_gone_for_everybody_and_comes_back(self, family: Client, document: Document):
        page = f"/documents/{document.pk}/"
        assert family.get(page + "delete/").status_code == 200
        gone = family.post(page + "delete/", follow=True)
        assert "Bring back" in gone.content.decode()
        for path in (page, page + "pages/1/", page + "file/", page + "share/", page + "delete/"):
            assert family.get(path).status_code == 404
        assert family.post(page + "restore/").status_code == 302
        assert family.get(page).status_code == 200
        assert actions(document) == ["deleted", "restored", "read"]

    def test_what_is_on_hold_stays_and_says_so(self, family: Client, document: Document):
        Document.objects.filter(pk=document.pk).update(
            held_at=timezone.now(), held_reason="Letter of a lawyer"
        )
        page = f"/documents/{document.pk}/delete/"
        for answer, status in ((family.get(page), 200), (family.post(page), 409)):
            assert answer.status_code == status
            assert "must keep this document" in answer.content.decode()
            assert "lawyer" not in answer.content.decode()
        document.refresh_from_db()
        assert document.deleted_at is None

    def test_where_the_clinic_keeps_everything_patients_delete_nothing_and_are_told(
        self, family: Client, document: Document, settings: Any
    ):
        settings.DOCUMENT_PATIENTS_DELETE = False
        page = f"/documents/{document.pk}/delete/"
        for answer, status in ((family.get(page), 200), (family.post(page), 409)):
            assert answer.status_code == status
            assert "must keep this document" in answer.content.decode()
        document.refresh_from_db()
        assert document.deleted_at is None

    @pytest.mark.parametrize("why", ["too late", "being removed", "by the clinic"])
    def test_some_things_do_not_come_back(
        self, family: Client, patient: Patient, why: str, settings: Any
    ):
        now, undo = timezone.now(), settings.DOCUMENT_UNDO_DAYS * DAY
        fields = {
            "too late": {"deleted_at": now - undo, "deleted_by": patient.user_id},
            "being removed": {
                "deleted_at": now,
                "deleted_by": patient.user_id,
                "purging_at": now,
            },
            "by the clinic": {"deleted_at": now, "deleted_by": factories.user(Role.STAFF).pk},
        }[why]
        gone = factories.document(patient, **fields)
        assert gone.name not in family.get("/documents/").content.decode()
        family.post(f"/documents/{gone.pk}/restore/")
        gone.refresh_from_db()
        assert gone.deleted_at is not None

    def test_what_does_not_come_back_is_said_on_the_list_of_whose_it_was(
        self, family: Client, patient: Patient
    ):
        child, now = factories.patient(), timezone.now()
        Care.objects.create(user=patient.user, patient=child, opened_at=now, opened_by="test")
        gone = factories.document(child, deleted_at=now, deleted_by=patient.user_id, purging_at=now)
        refused = family.post(f"/documents/{gone.pk}/restore/")
        assert refused["Location"] == f"/documents/?for={child.pk}"

    def test_a_stranger_deletes_and_restores_nothing(self, document: Document, patient: Patient):
        stranger = signed_in(factories.patient(with_login=True).user)
        gone = factories.document(patient, deleted_at=timezone.now(), deleted_by=patient.user_id)
        assert stranger.post(f"/documents/{document.pk}/delete/").status_code == 404
        assert stranger.post(f"/documents/{gone.pk}/restore/").status_code == 404
        document.refresh_from_db()
        gone.refresh_from_db()
        assert (document.deleted_at, gone.deleted_at is None) == (None, False)


class TestDescribing:
    def test_another_name_and_kind(self, family: Client, document: Document):
        page = f"/documents/{document.pk}/describe/"
        assert (
            family.post(page, {"name": "../My\x07 knee.pdf", "kind": "imaging"}).status_code == 302
        )
        document.refresh_from_db()
        assert (document.name, document.kind) == ("My knee.pdf", "imaging")

    @pytest.mark.parametrize("name", ["", "  ", "/", "x" * 151])
    def test_a_name_is_needed(self, family: Client, document: Document, name: str):
        page = f"/documents/{document.pk}/describe/"
        assert family.post(page, {"name": name, "kind": "imaging"}).status_code == 400
        document.refresh_from_db()
        assert document.kind != "imaging"


class TestPages:
    def test_only_what_is_ready_has_a_file_or_pictures(self, family: Client, patient: Patient):
        for status in DocumentStatus:
            if status == DocumentStatus.READY:
                continue
            made = factories.document(patient, status=status, pages=1)
            for path in ("file/", "pages/1/"):
                assert family.get(f"/documents/{made.pk}/{path}").status_code == 404
        assert not AuditEvent.objects.filter(action="document.read").exists()

    def test_why_a_document_was_refused_is_said_with_what_to_do(
        self, family: Client, patient: Patient
    ):
        made = factories.document(patient, status=DocumentStatus.REFUSED, refusal="encrypted")
        for path in ("/documents/", f"/documents/{made.pk}/"):
            assert "asks for a password" in family.get(path).content.decode()

    def test_a_page_that_waits_is_told_when_to_look_again(self, family: Client, patient: Patient):
        made = factories.document(patient, status=DocumentStatus.CHECKING)
        state = f"/documents/{made.pk}/state/"
        assert "HX-Refresh" not in family.get(state)
        Document.objects.filter(pk=made.pk).update(
            status=DocumentStatus.REFUSED, refusal="encrypted"
        )
        assert family.get(state)["HX-Refresh"] == "true"

    def test_a_link_is_short_lived_and_says_nothing(self, family: Client, patient: Patient):
        made = factories.document(patient, name="Zoraida Quillfeather.pdf", pages=1)
        link = family.get(f"/documents/{made.pk}/pages/1/")["Location"]
        assert "X-Amz-Expires=60" in link
        assert "Quillfeather" not in link and str(made.pk) not in link


class TestWhoLooked:
    def test_a_doctors_look_is_told_and_the_own_ones_are_folded_away(
        self, family: Client, doctor: Doctor, document: Document
    ):
        family.get(f"/documents/{document.pk}/")
        family.post(f"/documents/{document.pk}/share/", {"doctor": doctor.pk})
        signed_in(doctor.user).get(f"/documents/{document.pk}/")
        told = family.get("/documents/who-looked/").content.decode()
        assert str(doctor) in told and document.name in told
        assert "it was shared with this doctor" in told
        assert told.count("Looked at a document") == 1
        own = family.get("/documents/who-looked/?own=1").content.decode()
        assert own.count("Looked at a document") == 2

    def test_who_has_no_name_is_told_by_the_role_and_not_by_an_address(
        self, family: Client, document: Document
    ):
        staff = factories.user(Role.STAFF)
        User.objects.filter(pk=staff.pk).update(name="")
        by, now = Actor.of_user(staff), timezone.now()
        record_audit(action="patient.viewed", subject=document.patient, by=by, now=now)
        told = family.get("/documents/who-looked/").content.decode()
        assert "<strong>Clinic staff</strong>" in told
        assert staff.email not in told and "no longer here" not in told

    def test_a_name_that_looks_like_markup_is_text(
        self, family: Client, doctor: Doctor, document: Document
    ):
        Document.objects.filter(pk=document.pk).update(name="<b>x</b>.pdf")
        family.get(f"/documents/{document.pk}/")
        for path in ("/documents/", "/documents/who-looked/?own=1", f"/documents/{document.pk}/"):
            assert "<b>x" not in family.get(path).content.decode()

    @pytest.mark.parametrize(
        "query", ["before=x", "before=-1", "before=99999999999999999999", "own=2"]
    )
    def test_nonsense_is_no_error(self, family: Client, query: str):
        assert family.get(f"/documents/who-looked/?{query}").status_code == 200

    def test_others_are_not_told(self, family: Client):
        other = factories.patient(with_login=True)
        for whose in (str(other.pk), "x", "1"):
            assert family.get(f"/documents/who-looked/?for={whose}").status_code == 404

"""Staff see which documents there are; their names, and what is in them, by a permission alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Patient, Role, User
from accounts.operations.roles import RECORDS, sync_role_permissions
from documents import storage
from documents.admin import scanning
from documents.models import Document, DocumentStatus
from tests import factories

pytestmark = pytest.mark.django_db
NAME = "Oncology referral.pdf"


@pytest.fixture
def staff(db: None) -> Callable[..., Client]:
    def client(*, reads: bool = False, role: Role = Role.STAFF) -> Client:
        sync_role_permissions()
        user = factories.user(role, is_staff=role != Role.PATIENT)
        if reads:
            user.groups.add(Group.objects.get(name=RECORDS))
        made = Client()
        backend = "allauth.account.auth_backends.AuthenticationBackend"
        made.force_login(User.objects.get(pk=user.pk), backend=backend)
        return made

    return client


@pytest.fixture
def document(db: None) -> Document:
    return factories.document(factories.patient(name="Maria Jones"), name=NAME)


def pages(document: Document) -> list[str]:
    return [
        reverse("admin:documents_document_changelist"),
        reverse("admin:documents_document_change", args=[document.pk]),
        reverse("admin:documents_document_changelist") + "?q=Maria",
        reverse("admin:documents_document_changelist") + f"?patient={document.patient_id}",
    ]


class TestReading:
    def test_staff_see_that_it_is_there_and_not_what_it_is_called(
        self, staff: Callable[..., Client], document: Document
    ) -> None:
        client = staff()
        for address in pages(document):
            said = client.get(address).content.decode()
            assert "Maria Jones" in said and NAME not in said
        assert client.get(reverse("document", args=[document.pk])).status_code == 404

    def test_nor_find_it_by_its_name(
        self, staff: Callable[..., Client], document: Document
    ) -> None:
        for client in (staff(), staff(reads=True)):
            for question in ("?q=Oncology", "?name__startswith=Onc"):
                said = client.get(pages(document)[0] + question, follow=True).content.decode()
                assert f">{document.patient.name}<" not in said

    def test_who_has_the_permission_reads_it(
        self, staff: Callable[..., Client], document: Document
    ) -> None:
        client = staff(reads=True)
        listed, one, *_more = (client.get(address).content.decode() for address in pages(document))
        assert NAME in listed and reverse("document", args=[document.pk]) in one

    def test_the_permission_without_the_role_opens_nothing(
        self, staff: Callable[..., Client], document: Document
    ) -> None:
        client = staff(reads=True, role=Role.PATIENT)
        assert client.get(reverse("document", args=[document.pk])).status_code == 404

    def test_what_became_of_it_is_said_in_words(self, staff: Callable[..., Client]) -> None:
        refused = {"status": "refused", "refusal": "encrypted", "key": "", "version": ""}
        patient = factories.patient()
        for fields, words in (
            (refused, "This PDF asks for a password"),
            ({"removed": ["location"]}, "the place where it was taken"),
        ):
            document = factories.document(patient, **fields)
            assert words in staff().get(pages(document)[1]).content.decode()

    def test_operators_see_none(self, staff: Callable[..., Client], document: Document) -> None:
        client = staff(role=Role.OPERATOR)
        assert [client.get(address).status_code for address in pages(document)] == [403] * 4


class TestScanning:
    def scan(self, client: Client, patient: Patient, **fields: object) -> int:
        file = SimpleUploadedFile("letter.pdf", b"%PDF-1.4 a letter", "application/pdf")
        address = reverse("admin:documents_scan") + f"?patient={patient.pk}"
        values = {"kind": "letter", "file": file} | fields
        return client.post(address, values).status_code

    def test_what_was_brought_is_added_to_the_record_and_checked(
        self, staff: Callable[..., Client]
    ) -> None:
        patient = factories.patient()
        assert self.scan(staff(), patient) == 302
        [made] = Document.objects.all()
        assert (made.patient, made.status) == (patient, DocumentStatus.CHECKING)
        assert AuditEvent.objects.get(action="document.added").patient_id == patient.pk

    def test_it_may_be_as_large_as_a_patients(self, staff: Callable[..., Client]) -> None:
        scanned = SimpleUploadedFile("scan.pdf", b"%PDF-1.4" + bytes(3_000_000), "application/pdf")
        assert self.scan(staff(), factories.patient(), file=scanned) == 302
        assert Document.objects.get().status == DocumentStatus.CHECKING

    def test_not_to_a_record_that_is_gone_by_now(
        self, staff: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        patient = factories.patient()
        before = len(list(storage.versions(storage.UPLOADS)))
        stored = scanning.operations.take_in

        def erased_first(**values: Any) -> Any:
            Patient.objects.filter(pk=patient.pk).update(erased_at=timezone.now())
            return stored(**values)

        monkeypatch.setattr(scanning.operations, "take_in", erased_first)
        client = staff()
        assert self.scan(client, patient) == 404
        assert self.scan(client, patient) == 404  # and it cannot be begun any more
        assert len(list(storage.versions(storage.UPLOADS))) == before
        assert not Document.objects.exists()

    def test_not_without_a_file_a_kind_or_a_patient(self, staff: Callable[..., Client]) -> None:
        client, patient = staff(), factories.patient()
        assert self.scan(client, patient, file="") == 400
        assert self.scan(client, patient, kind="") == 400
        for wrong in ("x", "00000000-0000-4000-8000-000000000000"):
            address = reverse("admin:documents_scan") + f"?patient={wrong}"
            assert client.get(address).status_code == 404
        assert not Document.objects.exists()

    def test_not_from_another_site(self, staff: Callable[..., Client]) -> None:
        client = staff()
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = client.cookies
        assert self.scan(strict, factories.patient()) == 403
        assert not Document.objects.exists()

    def test_for_what_a_visit_asks_for(
        self, staff: Callable[..., Client], world: factories.World
    ) -> None:
        world.checkup.documents_asked = "A letter"
        world.checkup.save()
        visit = world.book()
        wanted = visit.wanted_documents.get()
        address = reverse("admin:documents_scan") + f"?patient={visit.patient_id}"
        file = SimpleUploadedFile("letter.pdf", b"%PDF-1.4 a letter", "application/pdf")
        # The world's visit is long over by today's clock: what is not asked for is added all the
        # same, and answers nothing.
        staff().post(f"{address}&wanted={wanted.pk}", {"kind": "letter", "file": file})
        wanted.refresh_from_db()
        assert wanted.document is None
        assert Document.objects.get().patient == visit.patient

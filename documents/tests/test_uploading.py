"""How a document comes in: by a form for the browser, or through us; and what is refused."""

from __future__ import annotations

import datetime as dt
import tracemalloc
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import encode_multipart
from django.utils import timezone

from accounts.models import AuditEvent, Care, Patient
from accounts.queries import current_clinic
from booking.models import WantedDocument
from booking.operations import Busy, book
from clinic.lib.actor import Actor
from documents import hint, storage
from documents.models import Document, DocumentStatus, Kind
from documents.operations import NotYours, begin_upload
from documents.storage import StorageAway, StorageFull
from documents.tests.storage.browser import post
from tests import factories

PDF = b"%PDF-1.7\n" + b"x" * 2000
SECRET = "Zoraida-Quillfeather-HIV-result.pdf"


@pytest.fixture
def patient(db: None) -> Patient:
    factories.clinic(is_current=True)
    return factories.patient(with_login=True)


@pytest.fixture
def client(patient: Patient, client: Client) -> Client:
    client.force_login(patient.user)
    return client


def chosen(content: bytes = PDF, name: str = "result.pdf", **fields: Any) -> dict[str, Any]:
    return {"kind": "result", "file": SimpleUploadedFile(name, content)} | fields


def begun(client: Client, **fields: str) -> Any:
    sent = {"kind": "result", "name": "a.pdf", "type": "application/pdf", "size": str(len(PDF))}
    return client.post("/documents/upload/begin/", sent | fields)


def posted(url: str, fields: dict[str, str], content: bytes) -> int:
    return post(storage.Form(url, fields), content).status


FILE_HEAD = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="scan.pdf"\r\n'
    b"Content-Type: application/pdf\r\n\r\n"
)


class Body:
    """What a client sends, made as it is read."""

    def __init__(self, head: bytes, size: int, tail: bytes) -> None:
        self._head, self._size, self._tail = head, size, tail
        self.left = len(head) + size + len(tail)

    def read(self, most: int = -1) -> bytes:
        most = self.left if most < 0 else min(most, self.left)
        taken, self._head = self._head[:most], self._head[most:]
        zeros = min(self._size, most - len(taken))
        self._size -= zeros
        taken += bytes(zeros)
        rest = most - len(taken)
        taken, self._tail = taken + self._tail[:rest], self._tail[rest:]
        self.left -= len(taken)
        return taken

    readline = read


def things_in_quarantine() -> list[str]:
    return [each.key for each in storage.versions("uploads/") if not each.marker]


class TestByTheBrowserItself:
    def test_a_form_a_file_and_the_word_that_it_is_there(self, client: Client, patient: Patient):
        answer = begun(client, name=SECRET).json()
        document = Document.objects.get()
        assert (document.status, document.patient) == (DocumentStatus.AWAITED, patient)
        assert posted(answer["url"], answer["fields"], PDF) == 201
        arrived = client.post(answer["arrived"])
        assert arrived.json() == {"page": f"/documents/{document.pk}/"}
        document.refresh_from_db()
        assert (document.status, document.name) == (DocumentStatus.CHECKING, SECRET)
        stored = storage.head(document.upload_key, document.upload_version)
        assert stored is not None and stored.size == len(PDF)
        actions = AuditEvent.objects.filter(subject_id=str(document.pk)).order_by("id")
        said = list(actions.values_list("action", flat=True))
        assert said == ["document.added", "document.arrived"]

    def test_its_name_is_nowhere_but_in_its_row(self, client: Client, caplog: Any):
        answer = begun(client, name=SECRET).json()
        posted(answer["url"], answer["fields"], PDF)
        page = client.post(answer["arrived"]).json()["page"]
        assert "Quillfeather" not in str(answer) + page + caplog.text
        trail = str(list(AuditEvent.objects.values_list("data", "subject_id")))
        assert "Quillfeather" not in trail

    def test_what_was_sent_after_it_arrived_changes_nothing(self, client: Client):
        answer = begun(client).json()
        posted(answer["url"], answer["fields"], PDF)
        client.post(answer["arrived"])
        before = Document.objects.get().upload_version
        assert posted(answer["url"], answer["fields"], b"%PDF-1.7 something else") == 201
        assert client.post(answer["arrived"]).status_code == 200
        assert Document.objects.get().upload_version == before

    def test_nothing_arrived_is_said_and_can_be_tried_again(self, client: Client):
        answer = begun(client).json()
        early = client.post(answer["arrived"])
        assert early.status_code == 409
        assert early.json() == {"message": "The file has not arrived. Please send it again."}
        posted(answer["url"], answer["fields"], PDF)
        assert client.post(answer["arrived"]).status_code == 200

    @pytest.mark.parametrize(
        ("fields", "says"),
        [
            ({"size": "0"}, "0 bytes"),
            ({"size": "-1"}, "0 bytes"),
            ({"size": str(25 * 1024 * 1024 + 1)}, "25 MB"),
            ({"name": "letter.docx", "type": "application/msword"}, "PDF files"),
            ({"name": "page.html", "type": "application/pdf"}, "PDF files"),
            ({"name": " \x00 "}, "Choose a file"),
            ({"kind": "gossip"}, "gossip"),
        ],
    )
    def test_refused_before_a_byte_is_sent(self, client: Client, fields: Any, says: str):
        refused = begun(client, **fields)
        assert refused.status_code == 400
        assert says in refused.json()["message"]
        assert not Document.objects.exists()

    def test_nobody_sends_in_anothers_name(self, client: Client):
        other = factories.patient(with_login=True)
        for path in ("/documents/upload/begin/", "/documents/upload/", "/documents/"):
            assert client.post(f"{path}?for={other.pk}").status_code in (404, 405)
            assert client.get(f"{path}?for={other.pk}").status_code in (404, 405)
        theirs = factories.document(other, status=DocumentStatus.AWAITED)
        assert client.post(f"/documents/{theirs.pk}/arrived/").status_code == 404

    def test_a_carer_adds_for_whom_they_care_until_it_ends(self, client: Client, patient: Patient):
        child = factories.patient()
        care = Care.objects.create(
            user=patient.user, patient=child, opened_at=factories.NOW, opened_by="test"
        )
        begin = f"/documents/upload/begin/?for={child.pk}"
        sent = {"kind": "result", "name": "a.pdf", "type": "application/pdf", "size": "9"}
        answer = client.post(begin, sent).json()
        assert Document.objects.get().patient == child
        posted(answer["url"], answer["fields"], PDF)
        Care.objects.filter(pk=care.pk).update(ended_at=factories.NOW)
        assert client.post(answer["arrived"]).status_code == 404
        assert client.post(begin, sent).status_code == 404

    def test_a_program_gone_wrong_is_stopped(self, client: Client, monkeypatch: Any):
        monkeypatch.setattr("documents.operations.uploading.MOST_AN_HOUR", 2)
        assert [begun(client).status_code for _each in range(3)] == [200, 200, 400]


@pytest.mark.parametrize("gone", ["merged", "erased"])
def test_nothing_is_added_to_a_record_that_went_meanwhile(patient: Patient, gone: str):
    stale = Patient.objects.select_related("user").get(pk=patient.pk)
    if gone == "merged":
        patient.delete()
    else:
        Patient.objects.filter(pk=patient.pk).update(erased_at=timezone.now())
    with pytest.raises(NotYours):
        begin_upload(
            patient=stale,
            user=stale.user,
            kind=Kind.RESULT,
            name="a.pdf",
            content_type="application/pdf",
            size=len(PDF),
            by=Actor.of_user(stale.user),
            now=timezone.now(),
        )
    assert not Document.objects.exists()


class TestThroughUs:
    def test_it_is_streamed_to_quarantine(self, client: Client, patient: Patient):
        answer = client.post("/documents/upload/", chosen())
        document = Document.objects.get()
        assert answer["Location"] == f"/documents/{document.pk}/"
        assert (document.status, document.patient) == (DocumentStatus.CHECKING, patient)
        taken = b"".join(storage.open_version(document.upload_key, document.upload_version))
        assert taken == PDF

    def test_25_mb_cost_little_memory(self, client: Client, settings: Any):
        client.get("/documents/upload/")
        client.post("/documents/upload/", chosen())  # what is loaded once is loaded
        sent = {"kind": "result"}
        head = encode_multipart("b", sent)[: -len("--b--\r\n")] + FILE_HEAD
        size = settings.DOCUMENT_MAX_BYTES
        body = Body(head, size, b"\r\n--b--\r\n")
        tracemalloc.start()
        try:
            answer = client.request(
                REQUEST_METHOD="POST",
                PATH_INFO="/documents/upload/",
                CONTENT_TYPE="multipart/form-data; boundary=b",
                CONTENT_LENGTH=str(body.left),
                **{"wsgi.input": body},
            )
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert answer.status_code == 302
        document = Document.objects.get(pk=answer["Location"].split("/")[2])
        stored = storage.head(document.upload_key, document.upload_version)
        assert stored is not None and stored.size == size
        assert peak < 10 * 1024 * 1024, f"{peak / 1e6:.1f} MB"

    def test_one_byte_too_many_is_cut_off_and_said(self, client: Client, settings: Any):
        settings.DOCUMENT_MAX_BYTES = 6 * 1024 * 1024  # more than a part
        before = len(things_in_quarantine())
        answer = client.post("/documents/upload/", chosen(bytes(settings.DOCUMENT_MAX_BYTES + 1)))
        assert answer.status_code == 400
        assert "larger than 6 MB" in answer.content.decode()
        assert 'value="result" selected' in answer.content.decode()
        assert not Document.objects.exists()
        assert len(things_in_quarantine()) == before

    @pytest.mark.parametrize(
        ("file", "says"),
        [
            (SimpleUploadedFile("empty.pdf", b""), "0 bytes"),
            (SimpleUploadedFile("letter.docx", b"PK"), "PDF files"),
            ("", "Choose a file first"),
        ],
    )
    def test_what_is_no_document_is_said(self, client: Client, file: Any, says: str):
        if file:
            file.seek(0)
        answer = client.post("/documents/upload/", {"kind": "result", "file": file})
        assert answer.status_code == 400
        assert says in answer.content.decode()
        assert not Document.objects.exists()

    def test_without_a_kind_nothing_is_left_behind(self, client: Client):
        before = len(things_in_quarantine())
        answer = client.post("/documents/upload/", chosen(kind=""))
        assert answer.status_code == 400
        assert "Please choose what it is" in answer.content.decode()
        assert len(things_in_quarantine()) == before

    def test_a_body_beyond_all_measure_is_refused_unread_and_leads_back(self, client: Client):
        huge = {"CONTENT_TYPE": "multipart/form-data; boundary=x", "CONTENT_LENGTH": "27500000"}
        answer = client.generic("POST", "/documents/upload/?kind=result", b"", **huge)
        assert answer.status_code == 413
        assert "A file may have 25 MB at most" in answer.content.decode()
        assert 'href="/documents/upload/?kind=result"' in answer.content.decode()
        # In the frame of somebody who is signed in, and under the policy of every page.
        assert 'href="/documents/"' in answer.content.decode()
        assert "default-src 'self'" in answer["Content-Security-Policy"]

    def test_no_other_site_sends_one(self, patient: Patient):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(patient.user)
        assert strict.post("/documents/upload/", chosen()).status_code == 403
        assert not Document.objects.exists()

    def test_a_second_file_is_not_taken(self, client: Client):
        two = [SimpleUploadedFile("a.pdf", PDF), SimpleUploadedFile("b.pdf", PDF)]
        before = len(things_in_quarantine())
        assert client.post("/documents/upload/", chosen(file=two)).status_code == 302
        assert Document.objects.get().name == "a.pdf"
        assert len(things_in_quarantine()) == before + 1


@pytest.mark.parametrize("error", [StorageAway("EndpointConnectionError"), StorageFull("507")])
class TestWithoutTheStore:
    def test_a_file_through_us_is_refused_kindly_and_the_choice_stays(
        self, client: Client, monkeypatch: Any, error: Exception
    ):
        monkeypatch.setattr(storage, "put_stream", raising(error))
        answer = client.post("/documents/upload/", chosen(bytes(1024 * 1024)))
        assert answer.status_code == 503
        assert "Nothing is lost" in answer.content.decode()
        assert 'value="result" selected' in answer.content.decode()
        assert not Document.objects.exists()

    def test_the_word_that_it_is_there_can_be_said_again(
        self, client: Client, monkeypatch: Any, error: Exception
    ):
        answer = begun(client).json()
        posted(answer["url"], answer["fields"], PDF)
        with monkeypatch.context() as broken:
            broken.setattr(storage, "head", raising(error))
            away = client.post(answer["arrived"])
            assert away.status_code == 503
            assert "Nothing is lost" in away.json()["message"]
        assert client.post(answer["arrived"]).status_code == 200

    def test_a_download_says_so_here(
        self, client: Client, patient: Patient, monkeypatch: Any, error: Exception
    ):
        document = factories.document(patient)
        monkeypatch.setattr(storage, "head", raising(error))
        answer = client.get(f"/documents/{document.pk}/file/")
        assert (answer.status_code, answer["Retry-After"]) == (503, "60")
        assert "Nothing is lost" in answer.content.decode()


def raising(error: Exception) -> Any:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    return fail


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_does_not_fail_the_upload(monkeypatch: Any, client: Client):
    asked: list[str] = []

    def away() -> None:
        asked.append(hint.CHECK.task)
        raise ConnectionError

    monkeypatch.setattr(hint.CHECK, "publish", away)
    assert client.post("/documents/upload/", chosen()).status_code == 302
    assert asked == ["documents.tasks.verify"]
    assert Document.objects.get().status == DocumentStatus.CHECKING


class TestWanted:
    @pytest.fixture
    def asked(self, patient: Patient) -> WantedDocument:
        now = timezone.now()
        doctor = factories.doctor(current_clinic())
        kind = factories.visit_type(current_clinic(), doctor)
        start = (now + dt.timedelta(days=7)).replace(hour=9, minute=0, second=0, microsecond=0)
        factories.cells(doctor, start, 2)
        visit = book(
            visit_type=kind, start=start, patient=patient, by=Actor.system("test"), now=now
        )
        return WantedDocument.objects.create(
            appointment=visit, what="The referral letter", asked_at=now
        )

    def test_what_is_asked_for_is_said_and_answered(
        self, client: Client, asked: WantedDocument, patient: Patient
    ):
        path = f"/documents/upload/?for={patient.pk}&wanted={asked.pk}"
        assert "The referral letter" in client.get(path).content.decode()
        client.post(path, chosen())
        asked.refresh_from_db()
        assert asked.document == Document.objects.get()

    def test_anothers_wish_is_neither_said_nor_answered(
        self, client: Client, asked: WantedDocument
    ):
        client.force_login(factories.patient(with_login=True).user)
        path = f"/documents/upload/?wanted={asked.pk}"
        assert "The referral letter" not in client.get(path).content.decode()
        answer = begun(client).json()
        posted(answer["url"], answer["fields"], PDF)
        assert client.post(answer["arrived"], {"wanted": str(asked.pk)}).status_code == 200
        asked.refresh_from_db()
        assert asked.document is None

    def test_when_the_visit_cannot_be_told_it_is_said_and_can_be_told_again(
        self, client: Client, asked: WantedDocument, patient: Patient, monkeypatch: Any
    ):
        def busy(**_values: Any) -> None:
            raise Busy

        answer = begun(client).json()
        posted(answer["url"], answer["fields"], PDF)
        path = f"/documents/upload/?for={patient.pk}&wanted={asked.pk}"
        with monkeypatch.context() as patched:
            patched.setattr("booking.operations.wanted.fulfil", busy)
            told = client.post(answer["arrived"], {"wanted": str(asked.pk)})
            page = client.post(path, chosen())
        assert (told.status_code, page.status_code) == (503, 503)
        assert "Your document is stored" in told.json()["message"]
        assert "Your document is stored" in page.content.decode()
        assert Document.objects.filter(status=DocumentStatus.CHECKING).count() == 2
        assert client.post(answer["arrived"], {"wanted": str(asked.pk)}).status_code == 200
        asked.refresh_from_db()
        assert asked.document is not None

    def test_nonsense_is_not_there(self, client: Client):
        assert client.get("/documents/upload/?wanted=x").status_code == 404
        assert client.get(f"/documents/upload/?wanted={uuid.uuid4()}").status_code == 200

"""After erasing no word of a person is left anywhere, and what stands still fits together."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent, Care, EmergencyAccess, Patient, Role, User
from accounts.operations import seal_audit
from accounts.queries import verify_audit
from booking.invariants import prove
from booking.keeping import CannotBeErased, ErasedAlready, Interrupted, erase, erasing, person_of
from booking.keeping.tables import TABLES
from booking.models import Appointment, WaitlistEntry
from booking.tests.keeping.life import CANARY, EMAIL, PHONE, Life, fill, found_in_database
from documents import storage
from documents.models import Document
from documents.operations import place_hold
from documents.tests.factories import objects_of, stored_document
from notifications.models import Message
from tests import factories
from tests.factories import NOW, SYSTEM, at

LATER = at("13:00")
WORDS = (CANARY, PHONE[2:])


def gone(life: Life, **more: Any) -> erasing.Erased:
    return erase(patient_id=life.patient.pk, by=SYSTEM, now=LATER, **more)


def found_in_store(word: bytes) -> list[str]:
    found = []
    for prefix in (storage.UPLOADS, storage.FILES, storage.PAGES):
        for each in storage.versions(prefix):
            with suppress(storage.NotThere):  # another test's, gone since
                if not each.marker and word in b"".join(
                    storage.open_version(each.key, each.version)
                ):
                    found.append(each.key)
    return found


def sessions_of(user_id: object) -> int:
    return sum(
        session.get_decoded().get(SESSION_KEY) == str(user_id) for session in Session.objects.all()
    )


@pytest.fixture
def life(db: None) -> Life:
    return Life()


@pytest.mark.django_db(transaction=True)
def test_no_word_of_theirs_is_left_anywhere(tmp_path: Path, settings: Any) -> None:
    settings.MAILBOX_DIR = str(tmp_path)
    (tmp_path / "20260601T120000.0Z-1.eml").write_text(f"To: {EMAIL}\n\n{CANARY}")
    (tmp_path / "20260601T120000.0Z-2.eml").write_text("To: other@example.org\n\nHello")
    life = Life()
    filled = fill(life.patient)
    storage.put_bytes(life.document.upload_key, CANARY.encode(), "application/pdf")
    seal_audit(now=NOW)
    # What is sought is there before, in every table that something is deleted from.
    person = person_of(Patient.objects.get(pk=life.patient.pk))
    assert [table.label for table in TABLES if not table.rows(person).exists()] == []
    assert len(found_in_database(CANARY)) > 20 and found_in_store(CANARY.encode())
    assert {"booking.appointment.internal_note", "documents.document.name"} <= filled

    done = gone(life)

    assert found_in_database(*WORDS) == []
    assert found_in_store(CANARY.encode()) == []
    assert sessions_of(life.user.pk) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["20260601T120000.0Z-2.eml"]
    assert (done.documents, done.sessions, done.mails) == (1, 1, 1)
    # The trail stands, holds, and says what was done.
    seal_audit(now=LATER)
    assert verify_audit() == []
    actions = AuditEvent.objects.filter(patient_id=life.patient.pk).values_list("action", flat=True)
    assert {"appointment.booked", "document.purged", "patient.erased"} <= set(actions)
    assert {result.name: result.rows for result in prove() if result.broken} == {}


def test_what_stands_is_empty_and_fits_together(life: Life) -> None:
    visits = Appointment.objects.filter(patient=life.patient).count()
    gone(life)
    patient = Patient.objects.get(pk=life.patient.pk)
    assert (patient.name, patient.email, patient.phone) == ("erased", "", "")
    assert (patient.user, patient.date_of_birth, patient.erased_at) == (None, None, LATER)
    assert Appointment.objects.filter(patient=patient).count() == visits
    life.done.refresh_from_db()
    assert (life.done.status, life.done.reason) == ("completed", "")
    assert not User.objects.filter(pk=life.user.pk).exists()
    assert not WaitlistEntry.objects.filter(patient=patient).exists()
    assert EmergencyAccess.objects.get().reason == "erased"
    assert {result.name: result.rows for result in prove() if result.broken} == {}


def test_a_message_about_a_child_stays_the_childs_and_is_not_sent(life: Life) -> None:
    gone(life)
    message = Message.objects.get(dedupe_key="child")
    assert (message.patient, message.status) == (life.child, "void")
    assert (message.recipient, message.context) == ("", {})


def test_a_dry_run_counts_and_changes_nothing(life: Life) -> None:
    before = {table.label: table.model._base_manager.count() for table in TABLES}
    would = gone(life, dry_run=True)
    assert {table.label: table.model._base_manager.count() for table in TABLES} == before
    assert objects_of(life.document) and sessions_of(life.user.pk) == 1
    life.patient.refresh_from_db()
    assert life.patient.erased_at is None
    assert would.gone["booking.waitlistentry"] == 1
    did = gone(life)
    by_documents = {"documents.document", "documents.page", "documents.share"}
    assert {label for label in would.gone if would.gone[label] != did.gone[label]} == by_documents
    assert would.documents == did.documents == 1


def test_live_visits_and_held_documents_refuse_it_by_id_alone(life: Life) -> None:
    visit = life.world.book("11:00", patient=life.patient)
    place_hold(document_id=life.document.pk, reason=CANARY, by=SYSTEM, now=NOW)
    with pytest.raises(CannotBeErased) as refused:
        gone(life)
    text = " ".join(refused.value.reasons)
    assert str(visit.pk) in text and str(life.document.pk) in text
    assert CANARY not in text
    assert objects_of(life.document) and User.objects.get(pk=life.user.pk).is_active


def test_a_login_that_is_more_than_the_patients_stands(life: Life) -> None:
    Care.objects.create(user=life.user, patient=life.child, opened_at=NOW, opened_by="user")
    done = gone(life)
    assert "looks after another patient" in done.login_stays
    user = User.objects.get(pk=life.user.pk)
    assert user.is_active and user.emailaddress_set.exists()
    assert sessions_of(user.pk) == 1
    assert Message.objects.get(dedupe_key="child").recipient == EMAIL


def test_an_address_that_is_also_a_childs_stays_with_the_child(life: Life) -> None:
    Patient.objects.filter(pk=life.child.pk).update(phone=PHONE)
    assert PHONE not in person_of(life.patient).addresses


def dies(life: Life, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def dead(*args: Any, **more: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(where, dead)
        with pytest.raises(KeyboardInterrupt):
            gone(life)


@pytest.mark.parametrize(
    "where",
    [
        "booking.keeping.erasing._remove_documents",
        "documents.operations.purging._end",
        "booking.keeping.erasing.forget_sessions",
        "booking.keeping.erasing.forgetting.forget_mailbox",
        "booking.keeping.erasing._count_offers_again",
    ],
)
def test_wherever_it_dies_the_same_command_ends_it(
    life: Life, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    dies(life, monkeypatch, where)
    gone(life)
    assert found_in_database(*WORDS) == []
    assert AuditEvent.objects.filter(action="patient.erased").count() == 1
    with pytest.raises(ErasedAlready):
        gone(life)


def test_a_store_that_is_away_leaves_the_rows(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(key: str) -> int:
        raise storage.StorageAway("ConnectTimeout")

    with monkeypatch.context() as patched:
        patched.setattr(storage, "delete_all_versions", away)
        with pytest.raises(Interrupted):
            gone(life)
    assert Document.objects.filter(pk=life.document.pk).exists()
    assert Message.objects.filter(patient=life.patient).exists()
    gone(life)
    assert found_in_database(*WORDS) == []


@pytest.mark.parametrize(
    ("between", "words"),
    [
        (lambda life: life.world.book("11:00", patient=life.patient), "cancel or close"),
        (lambda life: stored_document(life.patient), "run this again"),
        (lambda life: Message.objects.filter(patient=life.patient).update(
            status="sending", lease=life.user.pk, leased_until=LATER
        ), "leaving"),
    ],
)  # fmt: skip
def test_what_comes_in_between_stops_it(
    life: Life, monkeypatch: pytest.MonkeyPatch, between: Callable[[Life], Any], words: str
) -> None:
    really = erasing._remove_documents

    def then(*args: Any, **more: Any) -> None:
        really(*args, **more)
        between(life)

    monkeypatch.setattr(erasing, "_remove_documents", then)
    with pytest.raises(CannotBeErased, match=words):
        gone(life)
    assert Patient.objects.get(pk=life.patient.pk).name == f"Zoe {CANARY}"


def test_the_command_wants_a_yes_and_somebody_behind_it(life: Life) -> None:
    ask = ("erase_patient", str(life.patient.pk), "--by")
    staff = factories.user(Role.STAFF, email="staff@example.org")
    with pytest.raises(CommandError, match="--dry-run first"):
        call_command(*ask, staff.email)
    with pytest.raises(CommandError, match="no login of staff"):
        call_command(*ask, EMAIL, "--yes")
    out = io.StringIO()
    call_command(*ask, staff.email, "--dry-run", stdout=out)
    assert "Would remove" in out.getvalue() and CANARY not in out.getvalue()
    out = io.StringIO()
    call_command(*ask, staff.email, "--yes", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["documents"] == 1
    assert "booking.appointment (emptied)" in told["stands"]
    event = AuditEvent.objects.get(action="patient.erased")
    assert event.user_id == staff.pk
    out = io.StringIO()
    call_command(*ask, staff.email, "--yes", stdout=out)
    assert "was erased on" in out.getvalue()

"""Two records of one person become one: nothing is lost or broken, and it is written down."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from unittest.mock import Mock

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from accounts.models import (
    AuditEvent,
    Care,
    EmergencyAccess,
    Patient,
    Role,
    TreatingRelationship,
)
from booking import operations
from booking.invariants import prove
from booking.models import Appointment, Status, VisitType, WaitlistEntry
from booking.operations.errors import PatientGone
from booking.operations.merging import NotMoved
from clinic.lib.actor import Actor
from documents.models import Share
from documents.tests.factories import document
from notifications import outbox
from notifications.stopping.links import stop_token
from tests import factories
from tests.factories import NOW, SYSTEM, World, at

DAY = dt.timedelta(days=1)


def merge(keep: Patient, duplicate: Patient, **more: object) -> Patient:
    return operations.merge_patients(keep=keep, duplicate=duplicate, by=SYSTEM, now=NOW, **more)


def wish(patient: Patient, visit_type: VisitType, *, since: dt.datetime) -> WaitlistEntry:
    return WaitlistEntry.objects.create(
        clinic=visit_type.clinic, patient=patient, visit_type=visit_type, earliest=NOW.date(),
        latest=NOW.date() + 9 * DAY, created_at=since, created_by="user",
    )  # fmt: skip


@pytest.fixture
def two(db: None) -> tuple[Patient, Patient]:
    return (
        factories.patient(name="Zoe Quinn", phone=""),
        factories.patient(name="Zoë Quin", phone="+13125550144"),
    )


def test_everything_moves_and_the_duplicate_is_gone(
    world: World, two: tuple[Patient, Patient]
) -> None:
    keep, duplicate = two
    mine, theirs = world.book("09:00", patient=keep), world.book("10:00", patient=duplicate)
    cancelled = world.book("11:00", patient=duplicate)
    operations.cancel(appointment=cancelled, by=SYSTEM, now=NOW)
    entry = wish(duplicate, world.checkup, since=NOW - DAY)
    carer = factories.user(Role.PATIENT)
    Care.objects.create(user=carer, patient=duplicate, opened_at=NOW, opened_by="user")

    left = merge(keep, duplicate, values={"phone": duplicate.phone, "name": "Zoë Quinn"})

    assert not Patient.objects.filter(pk=duplicate.pk).exists()
    visits = Appointment.objects.filter(patient=left)
    assert set(visits) == {mine, theirs, cancelled}
    assert (left.phone, left.name) == ("+13125550144", "Zoë Quinn")
    entry.refresh_from_db()
    assert entry.patient == left
    assert Care.objects.current().get(user=carer).patient == left
    doctors = TreatingRelationship.objects.filter(patient=left).values_list("doctor", flat=True)
    assert {mine.doctor_id, theirs.doctor_id} <= set(doctors)
    for pk in (keep.pk, duplicate.pk):
        event = AuditEvent.objects.get(action="patient.merged", patient_id=pk)
        assert event.data == {
            "kept": str(keep.pk), "merged": str(duplicate.pk), "fields": ["name", "phone"],
            "visits": 2, "wishes": 1, "documents": 0,
        }  # fmt: skip
    # What was written of the duplicate stays as it was.
    assert AuditEvent.objects.filter(
        action="appointment.booked", patient_id=duplicate.pk, subject_id=str(theirs.pk)
    ).exists()
    assert {result.name: result.rows for result in prove() if result.broken} == {}


def test_visits_at_the_same_time_refuse_it_with_the_list(
    world: World, two: tuple[Patient, Patient]
) -> None:
    keep, duplicate = two
    for clock in ("09:00", "10:00"):
        world.book(clock, patient=keep, doctor=world.ada)
        world.book(clock, patient=duplicate, doctor=world.bob)

    with pytest.raises(operations.MergeRefused) as refused:
        merge(keep, duplicate)

    assert len(refused.value.reasons) == 2
    assert "9:00 am" in refused.value.reasons[0] and "Bob Brown" in refused.value.reasons[0]
    assert Appointment.objects.filter(patient=duplicate).count() == 2


def test_a_visit_that_ended_stands_in_nobodys_way(
    world: World, two: tuple[Patient, Patient]
) -> None:
    keep, duplicate = two
    world.book("09:00", patient=keep, doctor=world.ada)
    gone = world.book("09:00", patient=duplicate, doctor=world.bob)
    operations.cancel(appointment=gone, by=SYSTEM, now=NOW)
    assert merge(keep, duplicate).appointments.count() == 2


def test_two_logins_are_not_made_one(db: None) -> None:
    one, other = factories.patient(with_login=True), factories.patient(with_login=True)
    with pytest.raises(operations.MergeRefused, match="yet") as refused:
        merge(one, other)
    assert "Both sign in" in refused.value.reasons[0]


def test_nobody_is_merged_with_himself(two: tuple[Patient, Patient]) -> None:
    with pytest.raises(operations.MergeRefused):
        merge(two[0], two[0])


def test_the_login_and_its_address_go_with_the_person(world: World) -> None:
    keep = factories.patient(email="old@example.org")
    signs_in = factories.patient(with_login=True)
    user = signs_in.user
    # Whom the login looked after as somebody else is now the person himself.
    Care.objects.create(user=user, patient=keep, opened_at=NOW, opened_by="user")
    visit = world.book("09:00", patient=keep)

    left = merge(keep, signs_in, values={"email": "chosen@example.org"})

    assert (left.pk, left.user, left.email) == (keep.pk, user, user.email)
    assert list(Appointment.objects.of_patient_user(user.pk)) == [visit]
    assert not Care.objects.current().exists()


def test_a_guests_visits_become_the_patients_and_are_treated(world: World) -> None:
    guest = factories.patient(is_guest=True)
    patient = factories.patient()
    visit = world.book("09:00", patient=guest)
    if visit.status == Status.PENDING:
        operations.accept(appointment=visit, by=SYSTEM, now=NOW)
    assert not TreatingRelationship.objects.filter(patient=guest).exists()

    left = merge(guest, patient)

    assert not left.is_guest
    assert TreatingRelationship.objects.filter(patient=left, doctor=visit.doctor).exists()
    assert {result.name: result.rows for result in prove() if result.broken} == {}


def test_treating_lasts_from_the_first_opening_to_the_last_end(
    world: World, two: tuple[Patient, Patient]
) -> None:
    keep, duplicate = two
    for patient, opened, ends in ((keep, 5, 20), (duplicate, 1, 10)):
        TreatingRelationship.objects.create(
            doctor=world.ada,
            patient=patient,
            opened_at=NOW + opened * DAY,
            ends_at=NOW + ends * DAY,
        )
    merge(keep, duplicate)
    one = TreatingRelationship.objects.get()
    assert (one.patient, one.opened_at, one.ends_at) == (keep, NOW + DAY, NOW + 20 * DAY)


def test_of_two_wishes_for_one_visit_type_the_older_waits_on(
    world: World, two: tuple[Patient, Patient]
) -> None:
    keep, duplicate = two
    newer = wish(keep, world.checkup, since=NOW - DAY)
    older = wish(duplicate, world.checkup, since=NOW - 5 * DAY)
    merge(keep, duplicate)
    newer.refresh_from_db()
    older.refresh_from_db()
    assert (newer.status, older.status) == ("left", "waiting")
    assert older.patient == keep


def test_a_carer_of_both_is_one_carer(two: tuple[Patient, Patient]) -> None:
    keep, duplicate = two
    carer = factories.user(Role.PATIENT)
    for patient in two:
        Care.objects.create(user=carer, patient=patient, opened_at=NOW, opened_by="user")
    merge(keep, duplicate)
    assert Care.objects.current().get().patient == keep
    assert Care.objects.filter(patient=keep).count() == 2


def test_a_record_that_is_gone_is_not_merged_again(two: tuple[Patient, Patient]) -> None:
    keep, duplicate = two
    stale = Patient.objects.get(pk=duplicate.pk)
    merge(keep, duplicate)
    with pytest.raises(operations.NoLongerThere):
        merge(keep, stale)


def test_a_table_that_is_not_known_stops_it(
    two: tuple[Patient, Patient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a new table has of the duplicate would be deleted with it: rather nothing is done."""
    keep, duplicate = two
    carer = factories.user(Role.PATIENT)
    Care.objects.create(user=carer, patient=duplicate, opened_at=NOW, opened_by="user")
    monkeypatch.setattr("booking.operations.merging._move_care", lambda *args, **more: None)
    with pytest.raises(NotMoved, match="Care"):
        merge(keep, duplicate)
    assert Care.objects.get().patient == duplicate


def test_a_booking_for_a_merged_record_is_refused_with_a_sentence(
    world: World, two: tuple[Patient, Patient]
) -> None:
    keep, duplicate = two
    stale = Patient.objects.get(pk=duplicate.pk)
    merge(keep, duplicate)
    with pytest.raises(PatientGone):
        world.book("09:00", patient=stale)


@pytest.mark.django_db(transaction=True)
def test_a_booking_for_the_duplicate_at_the_same_moment_is_moved_or_refused() -> None:
    """The booking waits for the merge, or the merge for the booking; never is a visit lost."""
    for merge_first in (True, False):
        world = World.__new__(World)
        with transaction.atomic():
            from accounts.models import Clinic

            Clinic.objects.update(is_current=False)
            world.__init__()  # type: ignore[misc]
        keep, duplicate = factories.patient(), factories.patient()
        ready, outcome = threading.Event(), {}

        def book(
            world: World = world, duplicate: Patient = duplicate,
            ready: threading.Event = ready, outcome: dict[str, object] = outcome,
        ) -> None:  # fmt: skip
            ready.wait(60)
            try:
                outcome["visit"] = world.book("09:00", patient=duplicate)
            except operations.BookingError as refused:
                outcome["refused"] = refused
            finally:
                connections.close_all()

        thread = threading.Thread(target=book)
        thread.start()
        if merge_first:
            with transaction.atomic():
                Patient.objects.select_for_update().order_by("pk").in_bulk([keep.pk, duplicate.pk])
                ready.set()
                thread.join(1)  # it waits for the lock
                assert not outcome
                merge(keep, duplicate)
            thread.join(60)
            assert isinstance(outcome["refused"], PatientGone)
            assert not Appointment.objects.filter(patient=keep).exists()
        else:
            ready.set()
            thread.join(60)
            merge(keep, duplicate)
            assert Appointment.objects.get(patient=keep) == outcome["visit"]
    assert connection.in_atomic_block is False


def test_who_merges_is_written_down(two: tuple[Patient, Patient]) -> None:
    staff = factories.user(Role.STAFF, is_staff=True)
    operations.merge_patients(
        keep=two[0], duplicate=two[1], by=Actor.of_user(staff), now=at("09:00")
    )
    events = AuditEvent.objects.filter(action="patient.merged")
    assert {event.user_id for event in events} == {staff.pk}
    assert len(events) == 2


def test_messages_move_and_who_stopped_reminders_stays_without(
    two: tuple[Patient, Patient], client: Client
) -> None:
    keep, duplicate = two
    link = f"/reminders/stop/{stop_token(duplicate.pk)}/"
    message = outbox.enqueue(
        template="reminder", recipient="zoe@example.org", dedupe_key="one", context={"url": ""},
        patient_id=duplicate.pk, now=NOW,
    )  # fmt: skip
    Patient.objects.filter(pk=duplicate.pk).update(reminders_stopped_at=NOW)

    left = merge(keep, duplicate)

    assert left.reminders_stopped_at == NOW
    assert message is not None
    message.refresh_from_db()
    assert message.patient == left
    # The link in a mail from before means the record that was kept.
    client.post(link, {"answer": "resume"})
    left.refresh_from_db()
    assert left.reminders_stopped_at is None


def test_documents_move_with_their_shares_and_broken_glass_keeps_its_id(
    world: World, two: tuple[Patient, Patient]
) -> None:
    keep, duplicate = two
    mine, theirs = document(keep), document(duplicate)
    share = Share.objects.create(
        document=theirs, doctor=world.ada, opened_at=NOW, opened_by=uuid.uuid4()
    )
    glass = EmergencyAccess.objects.create(
        patient=duplicate, doctor=world.bob, user_id=uuid.uuid4(), reason="unconscious",
        opened_at=NOW, ends_at=NOW + dt.timedelta(hours=1),
    )  # fmt: skip

    left = merge(keep, duplicate)

    assert set(left.documents.all()) == {mine, theirs}
    assert Share.objects.get(document__patient=left) == share
    assert EmergencyAccess.objects.get(patient=left).pk == glass.pk
    event = AuditEvent.objects.get(action="patient.merged", patient_id=keep.pk)
    assert event.data["documents"] == 1


def test_documents_that_were_not_moved_stop_it(
    two: tuple[Patient, Patient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what hangs on the patient without a constraint in the database."""
    keep, duplicate = two
    document(duplicate)
    forgotten = Mock()
    forgotten.objects.filter.return_value.update.return_value = 0
    monkeypatch.setattr("booking.operations.merging.Document", forgotten)
    with pytest.raises(NotMoved, match="Document"):
        merge(keep, duplicate)

"""What a visit asks for: written with its booking, answered by documents of the very patient."""

from __future__ import annotations

import importlib
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, Role
from booking import operations
from booking.models import Appointment, Sent, WantedDocument
from booking.operations import Part
from booking.operations.wanted import asked
from clinic.lib.actor import Actor
from documents.models import Document, DocumentStatus
from tests import factories
from tests.factories import SYSTEM, World, at

pytestmark = pytest.mark.django_db
LINES = ["Your last blood test", "A list of medicines"]


@pytest.fixture(autouse=True)
def _asks(world: World) -> None:
    world.checkup.documents_asked = "\n".join(LINES)
    world.checkup.save()


def document(patient: object, status: str = DocumentStatus.CHECKING, **fields: object) -> Document:
    number = uuid.uuid4().hex
    served = {"key": number, "version": "1", "size": 10, "sha256": "a" * 64}
    more = served if status == DocumentStatus.READY else {}
    return Document.objects.create(
        patient=patient,
        name="scan.pdf",
        status=status,
        refusal="encrypted" if status == DocumentStatus.REFUSED else "",
        created_at=factories.NOW,
        created_by="user",
        upload_key=number,
        **more | fields,
    )


def wanted(visit: Appointment) -> list[str]:
    return sorted(visit.wanted_documents.values_list("what", flat=True))


def first(visit: Appointment) -> WantedDocument:
    return visit.wanted_documents.get(what=LINES[0])


def send(visit: Appointment, world: World, **fields: object) -> bool:
    made = document(**{"patient": visit.patient} | fields)
    return operations.fulfil(
        wanted_id=first(visit).pk, document_id=made.pk, by=SYSTEM, now=world.now
    )


class TestAsking:
    def test_a_booking_writes_one_row_for_each_line_by_one_insert(self, world: World) -> None:
        with CaptureQueriesContext(connection) as asked_for:
            visit = world.book()
        assert wanted(visit) == sorted(LINES)
        inserts = [q for q in asked_for.captured_queries if "wanteddocument" in q["sql"]]
        assert len(inserts) == 1

    def test_where_nothing_is_asked_a_booking_does_not_mention_it(self, world: World) -> None:
        world.checkup.documents_asked = ""
        world.checkup.save()
        with CaptureQueriesContext(connection) as asked_for:
            world.book()
        assert not [q for q in asked_for.captured_queries if "wanteddocument" in q["sql"]]

    def test_a_hold_that_is_booked_asks_for_them_too(self, world: World) -> None:
        hold = world.hold(holder="me")
        assert wanted(hold) == []
        booked = operations.book(
            hold=hold, holder="me", patient=world.patient, by=SYSTEM, now=world.now
        )
        assert wanted(booked) == sorted(LINES)

    def test_a_request_asks_when_it_is_sent_and_for_what_came_to_be_asked_when_accepted(
        self, world: World
    ) -> None:
        world.checkup.needs_approval = True
        world.checkup.save()
        visit = world.book()
        assert wanted(visit) == sorted(LINES)
        world.checkup.documents_asked = f"{LINES[0]}\nAn X-ray"
        world.checkup.save()
        operations.accept(appointment=visit, by=SYSTEM, now=world.now)
        assert wanted(visit) == sorted([*LINES, "An X-ray"])

    def test_what_staff_ask_for_stands_in_place_of_what_they_asked_before(
        self, world: World
    ) -> None:
        visit = world.book()
        for text in ("A letter", "Another letter"):
            operations.ask_documents(appointment=visit, text=text, by=SYSTEM, now=world.now)
        assert wanted(visit) == sorted([*LINES, "Another letter"])

    def test_what_came_for_the_words_before_stays(self, world: World) -> None:
        visit = world.book()
        operations.ask_documents(appointment=visit, text="A letter", by=SYSTEM, now=world.now)
        made = document(visit.patient)
        visit.wanted_documents.filter(what="A letter").update(document=made)
        operations.ask_documents(appointment=visit, text="An X-ray", by=SYSTEM, now=world.now)
        assert wanted(visit) == sorted([*LINES, "A letter", "An X-ray"])

    def test_a_visit_that_moves_keeps_them(self, world: World) -> None:
        visit = world.book()
        send(visit, world)
        moved = operations.reschedule(
            appointment=visit, start=at("10:00"), by=SYSTEM, now=world.now
        )
        assert wanted(moved) == sorted(LINES)
        assert first(moved).document is not None

    def test_one_that_is_cancelled_asks_no_more(self, world: World) -> None:
        visit = world.book()
        row = first(visit)
        assert asked(wanted_id=row.pk, now=world.now) is not None
        operations.cancel(appointment=visit, by=SYSTEM, now=world.now)
        assert asked(wanted_id=row.pk, now=world.now) is None
        assert not send(visit, world)

    def test_one_that_is_over_asks_no_more(self, world: World) -> None:
        row = first(world.book())
        assert asked(wanted_id=row.pk, now=row.appointment.end) is None

    def test_visits_from_before_are_given_theirs_once(self, world: World) -> None:
        migration = importlib.import_module("booking.migrations.0015_wanted_of_visits_to_come")
        visit = world.book()
        Appointment.objects.filter(pk=visit.pk).update(
            start=visit.start.replace(year=2100),
            end=visit.end.replace(year=2100),
            busy_start=visit.busy_start.replace(year=2100),
            busy_end=visit.busy_end.replace(year=2100),
            documents_asked="A letter",
        )
        over = world.book("09:30")
        Appointment.objects.filter(pk=over.pk).update(
            status="cancelled", ended_at=world.now, ended_by="test"
        )
        WantedDocument.objects.all().delete()
        for _run in range(2):
            with connection.cursor() as cursor:
                cursor.execute(migration.WRITE)
        assert wanted(visit) == sorted([*LINES, "A letter"])
        assert wanted(over) == []


class TestWhatCame:
    def test_a_document_of_the_patient_answers_it(self, world: World) -> None:
        visit = world.book()
        assert first(visit).sent == Sent.MISSING
        assert send(visit, world)
        assert first(visit).sent == Sent.CHECKING
        event = AuditEvent.objects.get(action="wanted_document.sent")
        assert (event.patient_id, event.data["appointment"]) == (visit.patient_id, str(visit.pk))

    def test_another_patients_document_does_not(self, world: World) -> None:
        visit = world.book()
        assert not send(visit, world, patient=factories.patient())
        assert first(visit).document is None
        assert not AuditEvent.objects.filter(action="wanted_document.sent").exists()

    def test_nor_one_that_was_deleted(self, world: World) -> None:
        visit = world.book()
        assert not send(visit, world, deleted_at=world.now)
        assert send(visit, world)
        Document.objects.update(deleted_at=world.now)
        assert first(visit).sent == Sent.MISSING

    @pytest.mark.parametrize(
        ("status", "sent"),
        [
            (DocumentStatus.AWAITED, Sent.MISSING),
            (DocumentStatus.LAPSED, Sent.MISSING),
            (DocumentStatus.CHECKING, Sent.CHECKING),
            (DocumentStatus.REFUSED, Sent.REFUSED),
            (DocumentStatus.READY, Sent.HERE),
        ],
    )
    def test_it_is_there_only_when_it_can_be_read(
        self, world: World, status: str, sent: Sent
    ) -> None:
        visit = world.book()
        send(visit, world, status=status)
        assert first(visit).sent == sent

    def test_of_a_course_it_answers_each_visit_and_nobody_elses(self, world: World) -> None:
        other = world.book("11:00")
        parts = [
            Part(world.patient, world.checkup, at(clock), world.ada) for clock in ("09:00", "10:00")
        ]
        course = operations.book_together(bookings=parts, by=SYSTEM, now=world.now)
        assert send(course[0], world)
        assert [first(visit).sent for visit in course] == [Sent.CHECKING, Sent.CHECKING]
        assert first(other).sent == Sent.MISSING

    def test_what_was_something_else_is_missing_again(self, world: World) -> None:
        visit = world.book()
        send(visit, world)
        values = {"wanted_id": first(visit).pk, "by": SYSTEM, "now": world.now}
        assert operations.unfulfil(**values)
        assert first(visit).sent == Sent.MISSING
        assert not operations.unfulfil(**values)

    def test_what_was_brought_on_paper_is_not_asked_for(self, world: World) -> None:
        visit = world.book()
        staff = Actor.of_user(factories.user(Role.STAFF))
        assert operations.waive(wanted_id=first(visit).pk, by=staff, now=world.now)
        assert not operations.waive(wanted_id=first(visit).pk, by=staff, now=world.now)
        assert asked(wanted_id=first(visit).pk, now=world.now) is None
        assert not send(visit, world)

    def test_asked_for_again_it_is_not_waived_any_more(self, world: World) -> None:
        visit = world.book()
        staff = Actor.of_user(factories.user(Role.STAFF))
        operations.waive(wanted_id=first(visit).pk, by=staff, now=world.now)
        operations.ask_documents(appointment=visit, text=LINES[0], by=SYSTEM, now=world.now)
        assert asked(wanted_id=first(visit).pk, now=world.now) is not None

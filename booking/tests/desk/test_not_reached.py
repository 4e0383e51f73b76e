"""Whom no message reached: marked where the day is looked at, listed with a number, ticked off."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent
from booking import operations, unreached
from booking.desk.days import read_day
from booking.models import Appointment
from booking.schedule import days
from booking.views.doctor.rows import VisitRow, list_rows
from notifications.models import Message
from notifications.operations import mark_called
from tests import factories
from tests.factories import SYSTEM, TOMORROW, World, at

LIST = reverse("admin:desk_not_reached")


@pytest.fixture
def missed(world: World) -> Appointment:
    patient = factories.patient(name="Maria Missed", phone="+15550123456")
    visit = world.book("09:00", doctor=world.ada, patient=patient)
    Message.objects.filter(about=unreached.about(visit.pk)).update(status="failed")
    assert Message.objects.filter(status="failed").exists()
    return visit


def test_it_is_listed_with_a_number_until_somebody_has_called(
    staff: Client, world: World, missed: Appointment
) -> None:
    world.book("10:00", patient=factories.patient(name="Leo Reached"))
    page = staff.get(LIST).content.decode()
    assert "Maria Missed" in page
    assert "tel:+15550123456" in page
    assert "Leo Reached" not in page

    answer = staff.post(reverse("admin:desk_called", args=[missed.pk]), follow=True)

    assert "Maria Missed was called" in answer.content.decode()
    assert "tel:" not in answer.content.decode()
    assert AuditEvent.objects.get(action="appointment.called").patient_id == missed.patient_id


def test_the_portals_first_page_counts_those_of_today_and_tomorrow(
    staff: Client, world: World, missed: Appointment
) -> None:
    counted = []
    for now in (missed.start - dt.timedelta(days=2), world.now, missed.start):
        world.now = now
        counted.append(staff.get("/admin/").context["glance"]["unreached"])
    assert counted == [0, 1, 0]


def test_a_visit_that_has_begun_needs_no_call(
    staff: Client, world: World, missed: Appointment
) -> None:
    world.now = missed.start
    assert "Maria Missed" not in staff.get(LIST).content.decode()


def test_the_desk_marks_it_on_the_day_and_on_its_own_page(
    staff: Client, missed: Appointment
) -> None:
    for address in ("admin:desk_day", "admin:desk_visit"):
        of = TOMORROW if address == "admin:desk_day" else missed.pk
        assert "ot reached</span>" in staff.get(reverse(address, args=[of])).content.decode()


def test_the_doctors_day_marks_it(world: World, missed: Appointment) -> None:
    other = world.book("10:00", doctor=world.ada)
    found = days(doctor=world.ada, first=TOMORROW, last=TOMORROW, now=world.now)
    rows = list_rows(
        found, zone=world.clinic.zone, now=world.now, missed=unreached.among([missed.pk, other.pk])
    )
    marked = {row.visit.pk: row.is_unreached for row in rows if isinstance(row, VisitRow)}
    assert marked == {missed.pk: True, other.pk: False}


def test_the_day_asks_once_for_all_its_visits(world: World, missed: Appointment) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            read_day(world.clinic, TOMORROW, now=world.now)
        return len(captured)

    one = queries()
    world.book("10:00")
    world.book("10:30")
    assert queries() == one


def test_visits_that_were_booked_together_count_by_their_common_message(world: World) -> None:
    visits = operations.book_together(
        bookings=[
            operations.Part(world.patient, world.checkup, at(clock), world.ada)
            for clock in ("09:00", "09:30", "10:00")
        ],
        by=SYSTEM,
        now=world.now,
    )
    ids = {str(visit.pk) for visit in visits}
    assert unreached.among(ids) == set()
    Message.objects.filter(template="booked_together").update(status="failed")
    assert unreached.among(ids) == ids
    assert [row.pk for row, _missed in unreached.coming(world.clinic, now=world.now)] == [
        visit.pk for visit in visits
    ]

    later = world.now + dt.timedelta(minutes=1)
    mark_called(
        about=unreached.about(visits[0].pk),
        subject=visits[0],
        patient_id=visits[0].patient_id,
        by=SYSTEM,
        now=later,
    )
    assert unreached.among(ids) == ids - {str(visits[0].pk)}
    rest = [row for row, _missed in unreached.coming(world.clinic, now=later)]
    assert rest == [visits[1], visits[2]]
    # Who comes another time is told so, and the others are told anew.
    operations.reschedule(appointment=visits[1], start=at("11:00"), by=SYSTEM, now=later)
    assert unreached.among(ids) == set()

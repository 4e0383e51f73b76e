from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, Role
from booking import operations
from booking.models import Appointment, ResourceUse, Status, TimeOff
from booking.models.resource import Resource
from tests import factories
from tests.factories import SYSTEM, TOMORROW, World, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(world: World) -> Appointment:
    patient = factories.patient(
        name="Vera Visitor", phone="+15550104444", date_of_birth=dt.date(1990, 6, 3)
    )
    return world.book("09:00", doctor=world.ada, patient=patient, reason="A cough")


def page(client: Client, address: str = "/day/") -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def press(client: Client, visit: Appointment, verb: str, **data: str):
    return client.post(f"/day/visits/{visit.pk}/{verb}/", data)


def test_the_day_says_who_comes_with_age_phone_and_reason(ada: Client, visit: Appointment) -> None:
    text = page(ada)

    for fact in ("Vera Visitor", "35 years", "3 Jun 1990", "tel:+15550104444", "A cough"):
        assert fact in text
    assert "Check-up" in text and "Next patient" in text


def test_a_colleague_sees_neither_the_visit_nor_its_patient(
    bob: Client, visit: Appointment
) -> None:
    assert "Vera Visitor" not in page(bob)
    assert press(bob, visit, "check-in").status_code == 404
    visit.refresh_from_db()
    assert visit.status == Status.BOOKED


def test_a_login_with_the_role_alone_or_the_row_alone_has_no_day(world: World) -> None:
    only_role = factories.user(Role.DOCTOR)
    only_row = factories.user(Role.PATIENT)
    world.bob.user = only_row
    world.bob.save()
    for user in (only_role, only_row):
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.get("/day/").status_code == 404


def test_one_press_checks_in_and_comes_back_to_the_visit(
    ada: Client, visit: Appointment, clock: Callable[[str], None]
) -> None:
    clock("08:52")
    response = press(ada, visit, "check-in", page="2026-06-02")

    assert response.status_code == 302
    assert response["Location"] == f"/day/#visit-{visit.pk}"
    text = page(ada)
    assert "Arrived 8:52" in text and "Here now" in text and "Vera Visitor has arrived." in text


def test_a_visit_goes_all_the_way_and_one_step_back(
    ada: Client, visit: Appointment, clock: Callable[[str], None]
) -> None:
    clock("08:55")
    for verb, status in (
        ("check-in", Status.CHECKED_IN),
        ("complete", Status.COMPLETED),
        ("undo", Status.CHECKED_IN),
        ("undo", Status.BOOKED),
    ):
        assert press(ada, visit, verb).status_code == 302
        visit.refresh_from_db()
        assert visit.status == status


def test_undo_pressed_twice_takes_back_one_step(ada: Client, visit: Appointment) -> None:
    press(ada, visit, "check-in")
    press(ada, visit, "complete")
    assert press(ada, visit, "undo", seen="completed").status_code == 302
    assert press(ada, visit, "undo", seen="completed").status_code == 409
    visit.refresh_from_db()
    assert visit.status == Status.CHECKED_IN


def test_nobody_can_have_stayed_away_before_the_start(
    ada: Client, visit: Appointment, clock: Callable[[str], None]
) -> None:
    assert "Did not come" not in page(ada)
    assert press(ada, visit, "no-show").status_code == 409

    clock("09:05")
    assert "Did not come" in page(ada)
    assert press(ada, visit, "no-show").status_code == 302
    visit.refresh_from_db()
    assert visit.status == Status.NO_SHOW


def test_when_somebody_was_faster_the_page_says_what_happened(
    ada: Client, visit: Appointment, clock: Callable[[str], None]
) -> None:
    operations.check_in(appointment=visit, by=SYSTEM, now=at("08:41"))
    response = press(ada, visit, "check-in", page="2026-06-02")

    assert response.status_code == 409
    text = response.content.decode()
    assert "The visit of Vera Visitor is now: checked in, arrived 8:41" in text
    assert "Next patient" in text or "Here now" in text  # the whole day is there


def test_the_list_is_in_order_with_free_time_time_off_and_now(
    world: World, ada: Client, visit: Appointment, clock: Callable[[str], None]
) -> None:
    world.book("10:00", doctor=world.ada, patient=factories.patient(name="Second One"))
    TimeOff.objects.create(
        clinic=world.clinic,
        doctor=world.ada,
        kind=TimeOff.Kind.BLOCK,
        start=at("14:00"),
        end=at("15:00"),
        note="Ward round",
    )
    clock("09:20")
    text = page(ada)
    text = text[text.index('<ol class="day-list">') :]
    order = ["Vera Visitor", "Now, 9:20", "Free until 10:00", "Second One", "Free until 12:00"]
    positions = [text.index(words) for words in [*order, "Ward round"]]
    assert positions == sorted(positions)


def test_a_room_a_note_and_a_promise_to_come_are_shown(
    world: World, ada: Client, visit: Appointment
) -> None:
    room = Resource.objects.create(clinic=world.clinic, name="Room 4")
    ResourceUse.objects.create(
        appointment=visit, resource=room, start=visit.start, end=visit.end, claimed_at=world.now
    )
    visit.internal_note, visit.confirmed_at = "Hard of hearing", world.now
    visit.save()

    text = page(ada)
    assert "Room 4" in text and "Hard of hearing" in text and "Said they will come" in text


def test_the_note_is_changed_by_the_doctor(ada: Client, visit: Appointment) -> None:
    response = ada.post(f"/day/visits/{visit.pk}/note/", {"text": "Needs a lift"})

    assert response.status_code == 302
    visit.refresh_from_db()
    assert visit.internal_note == "Needs a lift"


def test_what_was_looked_at_is_in_the_trail_with_ids_alone(ada: Client, visit: Appointment) -> None:
    page(ada)

    event = AuditEvent.objects.get(action="schedule.viewed")
    assert event.data == {
        "day": TOMORROW.isoformat(),
        "appointments": [str(visit.pk)],
        "patients": [str(visit.patient_id)],
    }


def test_a_day_without_anything_says_so(ada: Client) -> None:
    assert "Nothing on this day" in page(ada, "/day/2027-01-05/")


def test_a_date_that_is_none_is_not_found(ada: Client) -> None:
    assert ada.get("/day/2026-02-30/").status_code == 404
    assert ada.get("/day/9999-12-31/").status_code == 404


def test_a_full_day_asks_the_database_no_more_than_one_visit_does(
    world: World, ada: Client, visit: Appointment
) -> None:
    page(ada)
    with CaptureQueriesContext(connection) as one:
        page(ada)
    for clock in ("09:15", "09:30", "09:45", "10:00", "10:15", "10:30"):
        world.book(clock, doctor=world.ada)
    asked = factories.visit_type(world.clinic, world.ada, needs_approval=True)
    for clock in ("11:00", "11:15"):
        world.book(clock, visit_type=asked)
    with CaptureQueriesContext(connection) as many:
        page(ada)

    assert len(many) <= len(one) + 1  # the requests' rooms, which one visit has none of
    assert len(many) < 25


def test_a_day_without_visits_leads_to_the_next_that_has_some(
    ada: Client, visit: Appointment
) -> None:
    before = TOMORROW - dt.timedelta(days=1)

    assert f'href="/day/{TOMORROW}/">Next visits:' in page(ada, f"/day/{before - dt.timedelta(7)}/")
    assert "Next visits:" not in page(ada, f"/day/{TOMORROW + dt.timedelta(days=60)}/")

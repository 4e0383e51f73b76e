from __future__ import annotations

import datetime as dt
import uuid

import pytest
import time_machine
from django.test import Client

from accounts.models import ContactBy
from booking.models import Appointment, Status
from booking.operations import errors
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db

PAGES = ["", "booked/", "cancel/", "move/", "calendar.ics"]


@pytest.fixture
def visit(world: factories.World, patient_client: Client) -> Appointment:
    """In two days, so that it can still be changed."""
    day = dt.date(2026, 6, 3)
    factories.cells(world.ada, at("09:00", day), 8)
    return world.book(start=at("09:00", day), patient=patient_client.patient, reason="A cough")


def url_of(visit: Appointment, page: str = "") -> str:
    return f"/appointments/{visit.pk}/{page}"


def test_the_next_visit_comes_first_then_later_then_past(
    world: factories.World, patient_client: Client, visit: Appointment
) -> None:
    world.book("11:00", patient=patient_client.patient)
    with time_machine.travel(at("12:00"), tick=False):
        page = patient_client.get("/appointments/").content.decode()
    assert page.index("Your next visit") < page.index("Wednesday 3 June") < page.index("Past and")
    assert page.index("Past and") < page.index("Tuesday 2 June 2026")


def test_without_visits_it_says_what_to_do(world: factories.World, patient_client: Client) -> None:
    page = patient_client.get("/appointments/").content.decode()
    assert "You have no visit booked" in page


def test_a_visit_shows_what_when_where_and_with_whom(
    patient_client: Client, visit: Appointment
) -> None:
    page = patient_client.get(url_of(visit)).content.decode()
    for fact in ("Wednesday 3 June", "Check-up", "Ada Adams", "Test clinic", "A cough"):
        assert fact in page
    assert "until Tuesday 2 June" in page


def test_when_it_is_booked_it_says_what_comes_next(
    patient_client: Client, visit: Appointment
) -> None:
    page = patient_client.get(url_of(visit, "booked/")).content.decode()
    assert "Your visit is booked" in page
    assert "Add to calendar" in page


def test_it_names_where_the_message_went(patient_client: Client, visit: Appointment) -> None:
    patient = visit.patient
    patient.phone, patient.contact_by = "+13125550142", ContactBy.SMS
    patient.save()
    for agreed, told in ((None, patient.email), (factories.NOW, "+13125550142")):
        patient.texts_agreed_at = agreed
        patient.save()
        page = patient_client.get(url_of(visit, "booked/")).content.decode()
        assert f"We have sent the details to {told}." in page


def test_a_request_is_not_called_booked(world: factories.World, patient_client: Client) -> None:
    world.checkup.needs_approval = True
    world.checkup.save()
    visit = world.book(patient=patient_client.patient)
    page = patient_client.get(url_of(visit, "booked/")).content.decode()
    assert "Your request is sent" in page
    assert "is booked" not in page


def test_cancelling_asks_first_and_then_does_it(patient_client: Client, visit: Appointment) -> None:
    assert "Cancel this visit?" in patient_client.get(url_of(visit, "cancel/")).content.decode()
    visit.refresh_from_db()
    assert visit.status == Status.BOOKED
    response = patient_client.post(url_of(visit, "cancel/"), {"reason": "Away"}, follow=True)
    visit.refresh_from_db()
    assert visit.status == Status.CANCELLED
    assert visit.cancel_reason == "Away"
    assert "Cancelled: Wednesday 3 June" in response.content.decode()


def test_too_late_to_cancel_or_move_says_so_and_whom_to_call(
    world: factories.World, patient_client: Client
) -> None:
    tomorrow = world.book("09:00", patient=patient_client.patient)
    cancelling = patient_client.post(url_of(tomorrow, "cancel/"), {})
    moving = patient_client.post(url_of(tomorrow, "move/"), {"start": "2026-06-02T10:00:00Z"})
    for response in (cancelling, moving):
        assert response.status_code == 409
        assert world.clinic.phone in response.content.decode()
    tomorrow.refresh_from_db()
    assert (tomorrow.status, tomorrow.start) == (Status.BOOKED, at("09:00"))


def test_cancelling_twice_says_that_it_was_done(patient_client: Client, visit: Appointment) -> None:
    patient_client.post(url_of(visit, "cancel/"), {})
    assert patient_client.post(url_of(visit, "cancel/"), {}).status_code == 409
    assert patient_client.get(url_of(visit, "cancel/")).status_code == 200


def test_a_visit_moves_in_one_step(patient_client: Client, visit: Appointment) -> None:
    page = patient_client.get(url_of(visit, "move/")).content.decode()
    assert "Move your visit" in page
    assert 'value="2026-06-03T09:00:00Z"' not in page
    response = patient_client.post(
        url_of(visit, "move/"), {"start": "2026-06-03T10:00:00Z"}, follow=True
    )
    visit.refresh_from_db()
    assert visit.start == at("10:00", dt.date(2026, 6, 3))
    assert "Moved to Wednesday 3 June" in response.content.decode()


def test_moving_offers_first_the_visit_s_own_doctor(
    world: factories.World, patient_client: Client, visit: Appointment
) -> None:
    page = patient_client.get(url_of(visit, "move/")).content.decode()
    assert f'name="doctor" value="{world.ada.pk}"' in page
    page = patient_client.get(url_of(visit, "move/"), {"doctor": "any"}).content.decode()
    assert 'name="doctor"' not in page


def test_a_move_to_a_time_just_taken_leaves_the_visit_where_it_was(
    world: factories.World, patient_client: Client, visit: Appointment
) -> None:
    world.book(start=at("10:00", dt.date(2026, 6, 3)))
    response = patient_client.post(url_of(visit, "move/"), {"start": "2026-06-03T10:00:00Z"})
    page = response.content.decode()
    assert response.status_code == 409
    assert str(errors.Taken.sentence) in page
    assert page.count('class="time time-dated"') == 3
    assert f'action="{url_of(visit, "move/")}"' in page
    visit.refresh_from_db()
    assert visit.start == at("09:00", dt.date(2026, 6, 3))


@pytest.mark.parametrize("start", ["", "garbage", "\x00", "0001-01-01T00:00:00+14:00"])
def test_a_move_to_what_is_no_time_is_refused(
    patient_client: Client, visit: Appointment, start: str
) -> None:
    assert patient_client.post(url_of(visit, "move/"), {"start": start}).status_code == 400


def test_a_move_to_a_doctor_who_does_not_offer_it_is_refused(
    world: factories.World, patient_client: Client, visit: Appointment
) -> None:
    other = factories.doctor(world.clinic)
    answer = {"start": "2026-06-03T10:00:00Z", "doctor": str(other.pk)}
    assert patient_client.post(url_of(visit, "move/"), answer).status_code == 400


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_told_that_there_is_no_such_visit(
    stranger_client: Client, visit: Appointment, page: str
) -> None:
    assert stranger_client.get(url_of(visit, page)).status_code == 404


@pytest.mark.parametrize("page", ["cancel/", "move/"])
def test_a_stranger_changes_nothing(stranger_client: Client, visit: Appointment, page: str) -> None:
    answer = {"start": "2026-06-03T10:00:00Z"}
    assert stranger_client.post(url_of(visit, page), answer).status_code == 404
    before = (visit.status, visit.start, visit.version)
    visit.refresh_from_db()
    assert (visit.status, visit.start, visit.version) == before


@pytest.mark.parametrize("page", PAGES)
def test_nobody_signed_in_is_sent_to_sign_in(client: Client, visit: Appointment, page: str) -> None:
    response = client.get(url_of(visit, page))
    assert response.status_code == 302
    assert "/account/login/" in response["Location"]


@pytest.mark.parametrize("page", ["", "booked/", "calendar.ics"])
def test_pages_to_read_take_no_changes(
    patient_client: Client, visit: Appointment, page: str
) -> None:
    assert patient_client.post(url_of(visit, page)).status_code == 405


@pytest.mark.parametrize("page", ["cancel/", "move/"])
def test_another_site_cannot_change_a_visit(
    patient_client: Client, visit: Appointment, page: str
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = patient_client.cookies
    assert browser.post(url_of(visit, page), {}).status_code == 403


def test_somebody_s_hold_is_not_a_visit(world: factories.World, patient_client: Client) -> None:
    held = world.hold("09:00")
    assert patient_client.get(url_of(held)).status_code == 404
    assert patient_client.get(f"/appointments/{uuid.uuid4()}/").status_code == 404


def test_pages_about_visits_are_kept_nowhere(patient_client: Client, visit: Appointment) -> None:
    for page in PAGES:
        assert "no-store" in patient_client.get(url_of(visit, page))["Cache-Control"]


def test_the_past_is_told_as_it_was(
    world: factories.World, patient_client: Client, visit: Appointment
) -> None:
    Appointment.objects.filter(pk=visit.pk).update(
        status=Status.NO_SHOW, ended_at=NOW, ended_by="user"
    )
    assert "Missed" in patient_client.get(url_of(visit)).content.decode()

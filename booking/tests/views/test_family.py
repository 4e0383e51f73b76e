"""A carer books, sees and changes the visits of those in care, and nothing once that has ended."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from accounts.models import Care, Patient
from booking import operations
from booking.models import Appointment, ChangeRequest, Status
from clinic.lib.actor import Actor
from notifications.models import Message
from tests import factories
from tests.factories import NOW, SYSTEM, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia(world: factories.World, patient_client: Client) -> Patient:
    child = factories.patient(name="Mia Patient", email="", date_of_birth=dt.date(2018, 3, 27))
    Care.objects.create(
        user=patient_client.patient.user, patient=child, opened_at=NOW, opened_by="test"
    )
    return child


def hold(client: Client, clock: str = "09:00") -> str:
    sent = {"start": at(clock).strftime("%Y-%m-%dT%H:%M:%SZ")}
    return str(client.post("/book/checkup/hold/", sent)["Location"])


def test_the_last_page_asks_for_whom_and_books_for_the_child(
    world: factories.World, patient_client: Client, mia: Patient
) -> None:
    url = hold(patient_client)
    page = patient_client.get(url).content.decode()
    assert "Who is this visit for?" in page and "Mia Patient" in page

    booked = patient_client.post(url, {"patient": str(mia.pk), "reason": "Cough"}, follow=True)

    assert "Mia Patient" in booked.content.decode()
    visit = Appointment.objects.get()
    assert (visit.patient, visit.reason) == (mia, "Cough")
    message = Message.objects.get()
    assert message.recipient == patient_client.patient.user.email
    assert (message.context["for_name"], message.context["patient_name"]) == ("Mia", "")


def test_a_stranger_is_no_choice(
    world: factories.World, patient_client: Client, mia: Patient
) -> None:
    stranger = factories.patient(name="Not Mine")
    response = patient_client.post(hold(patient_client), {"patient": str(stranger.pk)})
    assert response.status_code == 400
    assert Appointment.objects.get().status == Status.HELD


def test_without_anybody_in_care_nothing_is_asked(
    world: factories.World, patient_client: Client
) -> None:
    url = hold(patient_client)
    page = patient_client.get(url).content.decode()
    assert "Who is this visit for?" not in page
    assert f"/account/family/add/?next={url}" in page


def test_the_list_says_whose_visit_it_is_and_ends_with_the_care(
    world: factories.World, patient_client: Client, mia: Patient
) -> None:
    visit = world.book("09:00", patient=mia)
    url = f"/appointments/{visit.pk}/"
    assert "for Mia Patient" in patient_client.get("/appointments/").content.decode()
    assert patient_client.get(url).status_code == 200

    Care.objects.update(ended_at=NOW)

    assert "Mia Patient" not in patient_client.get("/appointments/").content.decode()
    for path in ("", "booked/", "cancel/", "move/", "ask/", "calendar.ics"):
        assert patient_client.get(url + path).status_code == 404, path
    for path in ("cancel/", "move/", "ask/", "coming/"):
        assert patient_client.post(url + path).status_code == 404, path


def test_what_an_adult_with_a_login_wrote_to_the_doctor_is_not_for_the_carer(
    world: factories.World, patient_client: Client, mia: Patient
) -> None:
    visit = world.book("09:00", patient=mia, reason="Something private")
    url = f"/appointments/{visit.pk}/"
    assert "Something private" in patient_client.get(url).content.decode()
    mia.user = factories.user()
    mia.save()
    assert "Something private" not in patient_client.get(url).content.decode()


def test_a_carer_of_the_clinic_is_bound_to_the_notice_too(
    world: factories.World, mia: Patient
) -> None:
    visit = world.book("09:00", patient=mia)
    carer = Care.objects.get().user
    staff = Actor(kind="user", user_id=str(carer.pk), roles=frozenset({"staff"}))
    with pytest.raises(operations.ChangeTooLate):
        operations.cancel(appointment=visit, by=staff, now=at("08:00"))


def test_a_childs_visit_is_told_to_all_carers_and_to_nobody_else_once_there_is_an_address(
    world: factories.World, patient_client: Client, mia: Patient
) -> None:
    other = factories.user(name="Other Parent")
    Care.objects.create(user=other, patient=mia, opened_at=NOW, opened_by="test")
    world.book("09:00", patient=mia)
    assert {m.recipient for m in Message.objects.all()} == {
        patient_client.patient.user.email,
        other.email,
    }
    assert not any("Mia" in message.context["when"] for message in Message.objects.all())

    Patient.objects.filter(pk=mia.pk).update(email="mia@example.org")
    mia.refresh_from_db()
    later = world.book("10:00", patient=mia)
    told = Message.objects.get(about=f"appointment:{later.pk}")
    assert (told.recipient, told.context["for_name"]) == ("mia@example.org", "")


def test_a_late_change_is_asked_of_the_clinic(
    world: factories.World, patient_client: Client
) -> None:
    visit = world.book("10:00", patient=patient_client.patient)  # 22 hours ahead: too late
    url = f"/appointments/{visit.pk}/"
    assert "Ask the clinic" in patient_client.get(url).content.decode()
    assert "Ask the clinic to cancel it" in patient_client.get(url + "cancel/").content.decode()
    assert "Ask the clinic for another time" in patient_client.get(url + "move/").content.decode()
    page = patient_client.get(url + "ask/?kind=move").content.decode()
    assert 'value="move" id="id_kind_1" checked' in page

    assert patient_client.post(url + "ask/", {"kind": "eat"}).status_code == 400
    sent = {"kind": "move", "message": "Tuesday?"}
    page = patient_client.post(url + "ask/", sent, follow=True).content.decode()
    assert "You asked the clinic for another time" in page
    assert patient_client.post(url + "ask/", sent).status_code == 409

    operations.answer_change_request(
        request=ChangeRequest.objects.get(),
        outcome=ChangeRequest.Status.REFUSED,
        answer="Tuesday is full.",
        by=SYSTEM,
        now=NOW,
    )
    assert "It wrote: Tuesday is full." in patient_client.get(url).content.decode()


def test_what_can_be_changed_alone_is_not_asked(
    world: factories.World, patient_client: Client
) -> None:
    visit = world.book("10:00", patient=patient_client.patient, now=NOW - dt.timedelta(days=3))
    Appointment.objects.filter(pk=visit.pk).update(visit_type=_short_notice(world))
    page = patient_client.get(f"/appointments/{visit.pk}/ask/").content.decode()
    assert "You can still move or cancel this visit yourself." in page
    response = patient_client.post(f"/appointments/{visit.pk}/ask/", {"kind": "cancel"})
    assert response.status_code == 409


def _short_notice(world: factories.World) -> object:
    return factories.visit_type(world.clinic, world.ada, change_notice_minutes=60)


def test_one_tap_says_that_the_patient_will_come(
    world: factories.World, patient_client: Client
) -> None:
    visit = world.book("10:00", patient=patient_client.patient)
    url = f"/appointments/{visit.pk}/"
    assert "I will come" in patient_client.get(url).content.decode()

    page = patient_client.post(url + "coming/", follow=True).content.decode()

    assert "You told us that you will come" in page and "I will come<" not in page
    operations.reschedule(appointment=visit, start=at("11:00"), by=SYSTEM, now=NOW)
    assert "I will come" in patient_client.get(url).content.decode()


def test_a_course_is_cancelled_from_one_of_its_visits_on(
    world: factories.World, patient_client: Client
) -> None:
    world.checkup.change_notice_minutes = 60
    world.checkup.save()
    parts = [
        operations.Part(patient_client.patient, world.checkup, at(clock), world.ada)
        for clock in ("09:00", "10:00", "11:00")
    ]
    visits = operations.book_together(bookings=parts, by=SYSTEM, now=NOW)
    url = f"/appointments/{visits[1].pk}/cancel/"
    assert "Cancel this and the later one" in patient_client.get(url).content.decode()

    patient_client.post(url, {"rest": "1", "reason": ""})

    left = Appointment.objects.filter(status=Status.BOOKED)
    assert [visit.start for visit in left] == [at("09:00")]


def test_the_api_books_for_somebody_in_care_and_for_no_other(
    world: factories.World, patient_client: Client, mia: Patient
) -> None:
    wish = {"visit_type": "checkup", "start": at("09:00").isoformat(), "patient": str(mia.pk)}
    sent = {"content_type": "application/json"}
    stranger = {**wish, "patient": str(factories.patient().pk)}
    assert patient_client.post("/api/v1/appointments", stranger, **sent).status_code == 404
    response = patient_client.post("/api/v1/appointments", wish, **sent)
    assert (response.status_code, response.json()["patient"]) == (201, str(mia.pk))
    assert len(patient_client.get("/api/v1/appointments").json()["results"]) == 1

from __future__ import annotations

import re

import pytest
from django.test import Client

from booking.models import AffectedVisit, TimeOff
from tests import factories
from tests.factories import World, at

pytestmark = pytest.mark.django_db

MORNING = {
    "kind": "block",
    "first": "2026-06-02",
    "opens": "10:00",
    "last": "2026-06-02",
    "closes": "11:00",
    "note": "Ward round",
}


def test_free_time_is_blocked_at_once(world: World, ada: Client) -> None:
    assert world.free(doctor=world.ada, visit_type=world.checkup)[4].startswith("10:00")
    assert ada.post("/day/time-off/", MORNING)["Location"] == "/day/time-off/"

    made = TimeOff.objects.get()
    assert (made.doctor, made.start, made.end) == (world.ada, at("10:00"), at("11:00"))
    assert not [free for free in world.free(doctor=world.ada) if free.startswith("10:")]
    assert "Ward round" in ada.get("/day/time-off/").content.decode()


def test_where_visits_stand_it_first_says_which(world: World, ada: Client) -> None:
    visit = world.book("10:15", doctor=world.ada, patient=factories.patient(name="In The Way"))
    world.book("10:15", doctor=world.bob, patient=factories.patient(name="Of A Colleague"))

    page = ada.post("/day/time-off/", MORNING).content.decode()
    assert "1 visit stands in this time" in page and "In The Way" in page
    assert "Of A Colleague" not in page
    assert not TimeOff.objects.exists()

    seen = re.search(r'name="seen" value="(\w+)"', page)[1]
    response = ada.post("/day/time-off/", {**MORNING, "seen": seen})
    made = TimeOff.objects.get()
    assert response["Location"] == f"/away/{made.pk}/"
    assert AffectedVisit.objects.get().appointment_id == visit.pk


def test_a_visit_that_was_booked_meanwhile_is_shown_too(world: World, ada: Client) -> None:
    world.book("10:15", doctor=world.ada)
    page = ada.post("/day/time-off/", MORNING).content.decode()
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]
    world.book("10:30", doctor=world.ada)

    again = ada.post("/day/time-off/", {**MORNING, "seen": seen}).content.decode()
    assert "2 visits stand in this time" in again
    assert not TimeOff.objects.exists()


def test_whole_days_go_from_midnight_to_midnight_also_when_the_clocks_change(
    world: World, ada: Client
) -> None:
    world.clinic.time_zone = "America/Chicago"
    world.clinic.save()
    data = {"kind": "leave", "whole_days": "on", "first": "2026-11-01", "last": "2026-11-01"}
    assert ada.post("/day/time-off/", data).status_code == 302

    made = TimeOff.objects.get()
    assert (made.end - made.start).total_seconds() == 25 * 3600
    assert "Sunday 1 November" in ada.get("/day/time-off/").content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"closes": "09:00"}, "The end must be later"),
        ({"opens": ""}, "Please give a time"),
        ({"last": "2026-02-31"}, "Enter a valid date"),
        ({"first": "2020-01-01", "last": "2020-01-02"}, "over already"),
        ({"kind": "holiday"}, "Select a valid choice"),
    ],
)
def test_what_makes_no_sense_is_said_at_the_field(
    ada: Client, change: dict[str, str], words: str
) -> None:
    response = ada.post("/day/time-off/", MORNING | change)
    assert response.status_code == 400 and words in response.content.decode()
    assert not TimeOff.objects.exists()


def test_it_is_opened_again_by_its_doctor_alone(world: World, ada: Client, bob: Client) -> None:
    ada.post("/day/time-off/", MORNING)
    address = f"/day/time-off/{TimeOff.objects.get().pk}/remove/"
    assert bob.post(address).status_code == 404
    assert ada.post(address).status_code == 302
    assert not TimeOff.objects.exists()
    assert [free for free in world.free(doctor=world.ada) if free.startswith("10:")]


def test_the_whole_clinics_time_off_is_shown_and_not_a_doctors_to_end(
    world: World, ada: Client
) -> None:
    closed = TimeOff.objects.create(
        clinic=world.clinic, start=at("14:00"), end=at("15:00"), note="Team day"
    )
    page = ada.get("/day/time-off/").content.decode()
    assert "Team day" in page and "the whole clinic" in page and "Open it again" not in page
    assert ada.post(f"/day/time-off/{closed.pk}/remove/").status_code == 404

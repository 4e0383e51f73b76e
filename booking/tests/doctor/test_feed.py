from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from icalendar import Calendar

from booking import feed, operations
from booking.models import Appointment, CalendarFeed, TimeOff
from clinic.lib.times import day_bounds
from tests import factories
from tests.factories import SYSTEM, World, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(world: World) -> Appointment:
    patient = factories.patient(name="Ann; Other, or\\more")
    return world.book("09:00", doctor=world.ada, patient=patient, reason="A secret sorrow")


def address_of(client: Client, **data: str) -> str:
    page = client.post("/day/feed/", data).content.decode()
    return re.search(r"/feeds/[\w-]{32,}\.ics", page)[0]


def events(content: bytes) -> dict[str, dict]:
    return {
        str(one["uid"]).split("@")[0]: one for one in Calendar.from_ical(content).walk("VEVENT")
    }


def test_it_says_when_and_neither_who_nor_what_for(
    world: World, ada: Client, visit: Appointment
) -> None:
    world.book("10:00", doctor=world.bob)
    response = Client().get(address_of(ada))

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert "private" in response["Cache-Control"]
    (event,) = events(response.content).values()
    assert (event["dtstart"].dt, event["dtend"].dt) == (visit.start, visit.end)
    assert str(event["summary"]) == "Visit"
    for private in (b"Ann", b"sorrow", b"Check-up"):
        assert private not in response.content


def test_names_are_in_it_only_where_the_doctor_chose_so(ada: Client, visit: Appointment) -> None:
    content = Client().get(address_of(ada, show_names="on")).content

    (event,) = events(content).values()
    assert str(event["summary"]) == "Ann; Other, or\\more"
    assert b"sorrow" not in content and b"Check-up" not in content


def test_a_request_is_tentative_and_what_is_cancelled_is_gone(
    world: World, ada: Client, visit: Appointment
) -> None:
    kind = factories.visit_type(world.clinic, world.ada, needs_approval=True)
    asked = world.book("11:00", visit_type=kind)
    operations.cancel(appointment=visit, by=SYSTEM, now=world.now)

    (event,) = events(Client().get(address_of(ada)).content).values()
    assert str(event["uid"]).startswith(str(asked.pk))
    assert str(event["status"]) == "TENTATIVE"


def test_time_off_is_in_it_whole_days_as_days(world: World, ada: Client) -> None:
    first, last = dt.date(2026, 6, 10), dt.date(2026, 6, 12)
    span = (day_bounds(first, world.clinic.zone)[0], day_bounds(last, world.clinic.zone)[1])
    for start, end in (span, (at("14:00"), at("15:30"))):
        TimeOff.objects.create(
            clinic=world.clinic, doctor=world.ada, start=start, end=end, note="Operation"
        )
    content = Client().get(address_of(ada)).content

    short, whole = sorted(events(content).values(), key=lambda one: str(one["dtstart"].dt))
    assert (whole["dtstart"].dt, whole["dtend"].dt) == (first, dt.date(2026, 6, 13))
    assert short["dtend"].dt == at("15:30")
    assert b"Operation" not in content


def test_who_has_it_already_is_told_so_until_something_changes(
    world: World, ada: Client, visit: Appointment
) -> None:
    address, reader = address_of(ada, show_names="on"), Client()
    etag = reader.get(address)["ETag"]

    def again() -> int:
        return reader.get(address, headers={"If-None-Match": etag}).status_code

    assert again() == 304
    visit.patient.name = "Ann Renamed"
    visit.patient.save()
    assert again() == 200
    etag = reader.get(address)["ETag"]
    operations.reschedule(appointment=visit, start=at("09:30"), by=SYSTEM, now=world.now)
    assert again() == 200
    etag = reader.get(address)["ETag"]
    TimeOff.objects.create(clinic=world.clinic, doctor=None, start=at("14:00"), end=at("15:00"))
    assert again() == 200


def test_an_ended_a_replaced_and_a_guessed_address_are_not_found(ada: Client) -> None:
    first = address_of(ada)
    second = address_of(ada)
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200
    assert ada.post("/day/feed/revoke/").status_code == 302
    assert Client().get(second).status_code == 404
    assert Client().get("/feeds/guessed.ics").status_code == 404


def test_the_secret_is_kept_nowhere_and_shown_once(ada: Client, caplog) -> None:
    address = address_of(ada)
    secret = address.removeprefix("/feeds/").removesuffix(".ics")
    Client().get(address)

    assert secret not in str(CalendarFeed.objects.values())
    assert secret not in ada.get("/day/feed/").content.decode()
    assert "feeds/<str:secret>.ics" in caplog.text and secret not in caplog.text


def test_lines_are_short_and_the_entry_keeps_its_name_when_it_moves(
    world: World, ada: Client, visit: Appointment
) -> None:
    visit.patient.name = "Zoë " * 30
    visit.patient.save()
    made, _secret = operations.open_feed(
        doctor=world.ada, show_names=True, by=SYSTEM, now=world.now
    )
    before = feed.render(made, now=world.now)
    operations.reschedule(appointment=visit, start=at("09:30"), by=SYSTEM, now=world.now)
    after = feed.render(made, now=world.now)

    assert all(len(line) <= 75 for line in before.split(b"\r\n"))
    assert events(before).keys() == events(after).keys() == {str(visit.pk)}
    moved = events(after)[str(visit.pk)]
    assert (moved["sequence"], moved["dtstart"].dt) == (1, at("09:30"))
    assert str(moved["summary"]) == ("Zoë " * 30)


def test_who_asks_too_often_is_asked_to_wait(ada: Client, settings) -> None:
    from rest_framework.settings import api_settings

    rates = {**api_settings.DEFAULT_THROTTLE_RATES, "feed": "2/min"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    reader = Client()
    answers = [reader.get("/feeds/guessed.ics") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert int(answers[-1]["Retry-After"]) > 0


@pytest.mark.parametrize("ended", ["login", "role", "row"])
def test_the_address_ends_with_the_doctors_own_right_to_look(
    world: World, ada: Client, visit: Appointment, ended: str
) -> None:
    address = address_of(ada, show_names="on")
    assert Client().get(address).status_code == 200

    if ended == "login":
        world.ada.user.is_active = False
        world.ada.user.save()
    elif ended == "role":
        world.ada.user.groups.clear()
    else:
        world.ada.user = None
        world.ada.save()

    assert Client().get(address).status_code == 404

"""The day in columns, as a list and on paper."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from booking import operations
from booking.models import Delay, Resource, ResourceUse, TimeOff
from tests import factories
from tests.factories import SYSTEM, TOMORROW, World, at

DAY = f"/admin/desk/{TOMORROW}/"


def calendar(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="desk-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def events(page: str, name: str = "") -> list[dict[str, Any]]:
    return [event for event in calendar(page)["events"] if not name or name in event["classNames"]]


def test_visits_stand_with_their_doctor_in_the_clinics_time(staff: Client, world: World) -> None:
    world.clinic.time_zone = "America/Chicago"
    world.clinic.save()
    factories.hours(world.ada, "03:00", "08:00")
    visit = world.book("09:00", doctor=world.ada)

    page = staff.get(DAY).content.decode()

    (event,) = events(page, "desk-booked")
    assert event["resourceIds"] == [str(world.ada.pk)]
    assert (event["start"], event["end"]) == ("2026-06-02T04:00", "2026-06-02T04:15")
    assert event["title"] == visit.patient.name
    assert event["extendedProps"]["status"] == "booked"
    assert calendar(page)["offset"] == "-05:00"
    assert "4:00 am" in page  # and the list


def test_free_time_time_off_rooms_and_delays_are_shown(staff: Client, world: World) -> None:
    factories.hours(world.ada, "09:00", "12:00")
    visit = world.book("10:00", doctor=world.ada)
    TimeOff.objects.create(
        clinic=world.clinic, doctor=world.bob, start=at("11:00"), end=at("13:00"), note="Training"
    )
    room = Resource.objects.create(clinic=world.clinic, name="Blue room")
    ResourceUse.objects.create(
        appointment=visit, resource=room, start=visit.start, end=visit.end, claimed_at=world.now
    )
    Delay.objects.create(
        doctor=world.ada, day=TOMORROW, minutes=20, recorded_at=world.now, recorded_by="user"
    )

    page = staff.get(DAY).content.decode()

    free = [
        (event["start"][11:], event["end"][11:])
        for event in events(page, "desk-free")
        if event["resourceIds"] == [str(world.ada.pk)]
    ]
    assert free == [("09:00", "10:00"), ("10:15", "12:00")]
    assert [event["title"] for event in events(page, "desk-off")] == ["Training"]
    assert events(page, "desk-booked")[0]["extendedProps"]["room"] == "Blue room"
    assert [doctor["late"] for doctor in calendar(page)["doctors"]] == [20, 0]


def test_a_hold_is_time_that_somebody_is_booking_and_nobodys_name(
    staff: Client, world: World
) -> None:
    world.hold("09:00", doctor=world.ada)
    world.hold("10:00", doctor=world.ada, now=world.now - dt.timedelta(hours=1))  # has run out

    page = staff.get(DAY).content.decode()

    (event,) = events(page, "desk-held")
    assert (event["title"], event["startEditable"]) == ("", False)
    assert "No visits on this day" in page


def test_only_what_can_move_is_draggable(
    staff: Client, world: World, clock: Callable[[str], None]
) -> None:
    booked, arrived = world.book("09:00"), world.book("10:00")
    clock("09:20")
    operations.check_in(appointment=arrived, by=SYSTEM, now=world.now)

    movable = {
        event["id"]: event["startEditable"]
        for event in events(staff.get(DAY).content.decode())
        if "id" in event
    }

    assert movable == {str(booked.pk): False, str(arrived.pk): False}  # over, and arrived


def test_who_is_not_in_is_left_out_until_asked_for(staff: Client, world: World) -> None:
    factories.doctor(world.clinic, name="Zoe Zimmer")

    assert len(calendar(staff.get(DAY).content.decode())["doctors"]) == 2
    assert len(calendar(staff.get(DAY + "?all").content.decode())["doctors"]) == 3


def test_many_doctors_are_shown_a_group_at_a_time(
    staff: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("booking.desk.day_pages.MOST_COLUMNS", 1)
    with_ada, with_bob = (world.book("09:00", doctor=one) for one in (world.ada, world.bob))

    for address, visit in ((DAY, with_ada), (DAY + "?group=2", with_bob)):
        page = staff.get(address).content.decode()
        assert [one["id"] for one in calendar(page)["doctors"]] == [str(visit.doctor_id)]
        assert [event["id"] for event in events(page, "desk-booked")] == [str(visit.pk)]
        assert "<b>2</b> visits" in page  # of the whole day
        (state,) = re.findall(r'data-state-url="([^"]+)"', page)
        (now,) = re.findall(r'data-state="([^"]+)"', page)
        assert staff.get(state.replace("&amp;", "&")).json() == {"state": now}
        seen = AuditEvent.objects.filter(action="desk.day_viewed").latest("id")
        assert seen.data["appointments"] == [str(visit.pk)]
        paper = staff.get(DAY + "print/" + address.removeprefix(DAY)).content.decode()
        assert [one.patient.name in paper for one in (with_ada, with_bob)].count(True) == 1
        assert visit.patient.name in paper
    for odd in ("0", "99999", "-1", "x", "²"):
        assert staff.get(DAY, {"group": odd}).status_code == 200


@pytest.mark.parametrize("address", [DAY, DAY + "print/"])
def test_who_looks_at_the_day_is_recorded_once_with_the_visits(
    staff: Client, world: World, address: str
) -> None:
    visits = [world.book("09:00"), world.book("09:30")]

    staff.get(address)

    event = AuditEvent.objects.get(action="desk.day_viewed")
    assert set(event.data["appointments"]) == {str(visit.pk) for visit in visits}


def test_the_printed_list_has_what_a_doctor_needs(staff: Client, world: World) -> None:
    visit = world.book("09:00", doctor=world.ada)
    operations.set_note(appointment=visit, text="Comes by wheelchair", by=SYSTEM, now=world.now)
    world.book("10:00", doctor=world.bob)

    page = staff.get(f"{DAY}print/?doctor={world.ada.pk}").content.decode()

    assert visit.patient.name in page
    assert "Comes by wheelchair" in page
    assert "Bob Brown" not in page


def test_the_state_changes_with_the_day_and_names_nobody(staff: Client, world: World) -> None:
    before = staff.get(DAY + "state/").json()
    visit = world.book("09:00")
    after = staff.get(DAY + "state/").json()

    assert before != after
    assert set(after) == {"state"}
    assert visit.patient.name not in str(after)
    assert staff.get(DAY + "state/").json() == after
    assert not AuditEvent.objects.filter(action="desk.day_viewed").exists()


@pytest.mark.parametrize("day", ["2026-02-30", "0001-01-01", "9999-12-31", "2026-1-1"])
def test_what_is_no_day_is_no_page(staff: Client, day: str) -> None:
    assert staff.get(f"/admin/desk/{day}/").status_code == 404


def test_the_day_of_a_change_of_the_clocks_opens(staff: Client, world: World) -> None:
    world.clinic.time_zone = "America/Chicago"
    world.clinic.save()
    for day in ("2026-03-08", "2026-11-01"):
        assert staff.get(f"/admin/desk/{day}/").status_code == 200


def test_a_name_cannot_end_the_script_that_carries_it(staff: Client, world: World) -> None:
    world.book("09:00", patient=factories.patient(name="</script><script>alert(1)</script>"))

    page = staff.get(DAY).content.decode()

    assert "<script>alert" not in page
    assert events(page, "desk-booked")[0]["title"].startswith("</script>")


def test_the_number_of_queries_does_not_grow_with_the_day(staff: Client, world: World) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert staff.get(DAY).status_code == 200
        return len(queries)

    world.book("09:00")
    staff.get(DAY)  # what is asked once a process
    few = count()
    for number in range(6):
        doctor = factories.doctor(world.clinic)
        world.checkup.doctors.add(doctor)
        factories.hours(doctor, "08:00", "18:00")
        factories.cells(doctor, at("09:00"), 12)
        world.book("09:00", doctor=doctor)
        world.book(f"{10 + number % 2}:00", doctor=doctor)

    assert count() == few


def test_what_people_are_called_is_text_and_never_markup(staff: Client, world: World) -> None:
    visit = world.book("10:00", doctor=world.ada)
    visit.patient.name = "<b>Eve</b>"
    visit.patient.save()
    visit.internal_note = "<i>late</i>"
    visit.save()
    world.ada.name = "Ada <u>"
    world.ada.save()

    page = staff.get(DAY).content.decode()
    paper = staff.get(f"{DAY}print/").content.decode()

    for text in (page, paper):
        assert "&lt;b&gt;Eve&lt;/b&gt;" in text
        assert not re.search("<b>Eve|<i>late|Ada <u>", text)
    assert "&lt;i&gt;late&lt;/i&gt;" in paper

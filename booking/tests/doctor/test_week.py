from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent
from booking.models import Appointment, TimeOff
from tests import factories
from tests.factories import World, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(world: World) -> Appointment:
    return world.book("09:00", doctor=world.ada, patient=factories.patient(name="Vera Visitor"))


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="calendar-data" type="application/json">(.*?)</script>', page)
    return json.loads(found[1])


def test_calendar_and_list_say_the_same(ada: Client, visit: Appointment) -> None:
    page = ada.get("/week/").content.decode()

    (event,) = [one for one in data_of(page)["events"] if one["status"] == "booked"]
    assert (event["start"], event["title"]) == ("2026-06-02T09:00:00", "Vera Visitor")
    assert event["url"] == f"/day/2026-06-02/#visit-{visit.pk}"
    listed = page[page.index('id="week-list"') :]
    assert "9:00" in listed and "Vera Visitor" in listed
    assert listed.count("<section") == 7
    assert AuditEvent.objects.get(action="schedule.viewed").data["appointments"] == [str(visit.pk)]


def test_a_colleagues_week_holds_nobody_of_it(bob: Client, visit: Appointment) -> None:
    assert "Vera Visitor" not in bob.get("/week/").content.decode()


def test_times_are_the_clinics_wall_times_on_both_sides_of_a_change_of_the_clocks(
    world: World, ada: Client
) -> None:
    """Chicago leaves summer time on Sunday 1 November 2026."""
    world.clinic.time_zone = "America/Chicago"
    world.clinic.save()
    for day, hour in ((31, 14), (2, 15)):  # 9:00 of each day, in UTC
        month = 10 if day == 31 else 11
        start = dt.datetime(2026, month, day, hour, tzinfo=dt.UTC)
        factories.cells(world.ada, start, 1)
        patient = factories.patient()
        Appointment.objects.create(
            clinic=world.clinic, doctor=world.ada, visit_type=world.checkup, patient=patient,
            status="booked", start=start, end=start + dt.timedelta(minutes=15), busy_start=start,
            busy_end=start + dt.timedelta(minutes=15), created_at=world.now, booked_at=world.now,
            booked_by="test",
        )  # fmt: skip
    starts = []
    for week in ("2026-10-26", "2026-11-02"):
        data = data_of(ada.get(f"/week/{week}/").content.decode())
        starts += [one["start"] for one in data["events"] if one["status"] == "booked"]
    assert starts == ["2026-10-31T09:00:00", "2026-11-02T09:00:00"]
    assert data["offset"] == "-05:00"  # of this moment in June: for the line that says now


def test_early_and_late_visits_widen_what_is_shown(world: World, ada: Client) -> None:
    factories.cells(world.ada, at("06:15"), 1)
    world.book("06:15", doctor=world.ada)
    data = data_of(ada.get("/week/").content.decode())
    assert (data["opens"], data["closes"]) == ("06:00:00", "17:00:00")


def test_one_day_has_its_own_way_on(ada: Client, visit: Appointment) -> None:
    page = ada.get("/week/2026-06-02/?view=day").content.decode()
    assert data_of(page)["view"] == "timeGridDay"
    assert 'href="/week/2026-06-03/?view=day"' in page


def test_time_off_is_a_ground_and_a_line(world: World, ada: Client) -> None:
    TimeOff.objects.create(
        clinic=world.clinic, doctor=world.ada, start=at("14:00"), end=at("15:00"), note="Meeting"
    )
    page = ada.get("/week/").content.decode()
    (off,) = [one for one in data_of(page)["events"] if one["status"] == "away"]
    assert off["display"] == "background"
    assert "Meeting" in page[page.index('id="week-list"') :]


def test_a_name_cannot_break_out_of_the_data(world: World, ada: Client) -> None:
    world.book("09:00", doctor=world.ada, patient=factories.patient(name="</script><b>Bo"))
    assert "</script><b>Bo" not in ada.get("/week/").content.decode()

"""Visits near a change of the clocks, and those that new rules of the zone would move."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import CommandError, call_command

from accounts.models import Clinic
from booking import clock_changes, operations
from booking.models import Appointment
from tests import factories
from tests.factories import SYSTEM, UTC

NOW = dt.datetime(2026, 10, 20, 12, tzinfo=UTC)
CHICAGO = ZoneInfo("America/Chicago")
# The clocks of Chicago go back on 1 November 2026 at 2:00.
SUNDAY = dt.date(2026, 11, 1)


class Autumn:
    def __init__(self) -> None:
        self.clinic = factories.clinic(time_zone="America/Chicago")
        self.ada = factories.doctor(self.clinic, name="Ada Adams")
        self.type = factories.visit_type(self.clinic, self.ada)

    def book(self, day: dt.date, clock: str = "09:00") -> Appointment:
        start = dt.datetime.combine(day, dt.time.fromisoformat(clock), CHICAGO).astimezone(UTC)
        factories.cells(self.ada, start, 1)
        return operations.book(
            visit_type=self.type, start=start, patient=factories.patient(), by=SYSTEM, now=NOW
        )


@pytest.fixture
def autumn(db: None) -> Autumn:
    return Autumn()


def report(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[dict[str, Any], int]:
    code = 0
    with time_machine.travel(NOW, tick=False):
        try:
            call_command("dst_report", "--json", *options)
        except SystemExit as ended:
            code = int(str(ended.code))
    return json.loads(capsys.readouterr().out), code


def new_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The country gives up winter time: from now on its clock is five hours behind UTC."""
    zone = ZoneInfo("Etc/GMT+5")
    monkeypatch.setattr(Clinic, "zone", property(lambda self: zone))


def test_visits_of_the_days_around_a_change_are_listed_with_their_local_times(
    autumn: Autumn, capsys: pytest.CaptureFixture[str]
) -> None:
    for day in (29, 30, 31):
        autumn.book(dt.date(2026, 10, day))
    for day in (1, 2, 3):
        autumn.book(dt.date(2026, 11, day))

    found, code = report(capsys)

    (change,) = found["changes"]
    assert (change["at"], change["minutes"], code) == ("2026-11-01T07:00:00Z", -60, 0)
    assert [(visit["local"], visit["utc"]) for visit in change["visits"]] == [
        ("2026-10-31T09:00-05:00", "2026-10-31T14:00:00Z"),
        ("2026-11-01T09:00-06:00", "2026-11-01T15:00:00Z"),
        ("2026-11-02T09:00-06:00", "2026-11-02T15:00:00Z"),
    ]
    assert found["moved"] == []


def test_after_new_rules_the_visits_that_they_move_are_named(
    autumn: Autumn, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    autumn.book(dt.date(2026, 10, 30))
    later = autumn.book(dt.date(2026, 11, 5))
    new_rules(monkeypatch)

    found, code = report(capsys, "--since-tzdata")

    (moved,) = found["moved"]
    assert code == 1
    assert moved["appointment"] == str(later.pk)
    assert moved["promised"] == "2026-11-05T09:00"
    assert moved["local"] == "2026-11-05T10:00-05:00"
    assert found["changes"] == []


def test_a_visit_that_is_moved_is_promised_by_the_rules_of_that_moment(
    autumn: Autumn, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = autumn.book(dt.date(2026, 10, 30))
    start = dt.datetime(2026, 11, 6, 15, tzinfo=UTC)
    factories.cells(autumn.ada, start, 1)
    operations.reschedule(appointment=visit, start=start, by=SYSTEM, now=NOW)

    assert report(capsys)[1] == 0
    new_rules(monkeypatch)
    assert report(capsys)[0]["moved"][0]["promised"] == "2026-11-06T09:00"


def test_cancelled_visits_and_those_without_a_promise_are_left_out(
    autumn: Autumn, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = autumn.book(dt.date(2026, 11, 5))
    operations.cancel(appointment=gone, by=SYSTEM, now=NOW)
    autumn.book(dt.date(2026, 11, 6))
    Appointment.objects.filter(status="booked").update(utc_offset=None)
    new_rules(monkeypatch)

    assert report(capsys) == ({"zone": "Etc/GMT+5", "changes": [], "moved": []}, 0)


@pytest.mark.parametrize(
    ("zone", "at", "minutes"),
    [
        ("America/Chicago", "2026-03-08T08:00", 60),
        ("Australia/Lord_Howe", "2026-10-03T15:30", 30),
        ("Europe/Berlin", "2026-03-29T01:00", 60),
    ],
)
def test_a_change_is_found_to_the_minute(zone: str, at: str, minutes: int) -> None:
    moment = dt.datetime.fromisoformat(at).replace(tzinfo=UTC)
    around = (moment - dt.timedelta(days=9), moment + dt.timedelta(days=9))

    (change,) = clock_changes.changes(ZoneInfo(zone), *around)

    assert (change.at, change.minutes) == (moment, minutes)


def test_people_read_a_table(autumn: Autumn, capsys: pytest.CaptureFixture[str]) -> None:
    autumn.book(SUNDAY)

    with time_machine.travel(NOW, tick=False):
        call_command("dst_report")

    shown = capsys.readouterr().out
    assert "the clock of America/Chicago goes back by 60 minutes" in shown
    assert "2026-11-01T09:00-06:00  2026-11-01T15:00:00Z  " in shown
    assert shown.rstrip().endswith("1 visits near them; 0 visits moved by new rules.")


def test_an_unknown_clinic_is_told_so(db: None) -> None:
    with pytest.raises(CommandError, match="No clinic"):
        call_command("dst_report", "--clinic", "Nowhere")

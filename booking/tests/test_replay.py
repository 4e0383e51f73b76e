"""A file is booked from several processes, and every row of it is accounted for."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import AuditEvent, Clinic
from booking import operations
from booking.models import Appointment, Status, WorkingHours
from booking.replay import Report, replay
from booking.replay import run as replay_run
from booking.replay.booking_rows import Attended, record_outcome
from booking.replay.report import Unaccounted, percentile
from booking.replay.workers import WorkerDied, share
from booking.tests.test_replay_reading import lines
from notifications.models import Message
from tests.factories import World

processes = pytest.mark.django_db(transaction=True)


def rows(
    count: int,
    *,
    first: int = 0,
    scheduled: str = "2016-05-02T09:00:00Z",
    day: str = "2016-05-04",
    **fields: str,
) -> list[dict[str, str]]:
    """`count` wishes of different people for one day."""
    return [
        {
            "PatientId": str(1000 + number),
            "AppointmentID": str(9000 + number),
            "ScheduledDay": scheduled,
            "AppointmentDay": f"{day}T00:00:00Z",
        }
        | fields
        for number in range(first, first + count)
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "demand.csv"


def write(file: Path, changes: list[dict[str, str]]) -> Path:
    file.write_text("\n".join(lines(*changes)))
    return file


def run(file: Path, *, workers: int = 3, limit: int | None = None) -> Report:
    report, done = replay(file, limit=limit, workers=workers, now=timezone.now())
    assert done
    return report


@processes
def test_every_row_is_booked_or_refused_with_its_reason(file: Path) -> None:
    same_day = {"scheduled": "2016-05-04T21:46:00Z"}
    wishes = [
        *rows(40),
        *rows(6, first=100, **{"No-show": "Yes"}),
        *rows(2, first=200, **same_day),
        *rows(1, first=210, scheduled="2016-05-04T21:45:00Z"),
        *rows(1, first=300, Age="-1"),
        *rows(1, first=400, scheduled="2016-05-05T07:00:00Z"),
        *rows(1, first=0),
    ]

    report = run(write(file, wishes))

    assert report.read == len(wishes)
    assert report.booked == 47
    assert report.refused == {
        "after closing on the same day": 2,
        "age is below zero": 1,
        "dated before it was scheduled": 1,
        "appointment id appears twice": 1,
    }
    assert (report.completed, report.no_show) == (41, 6)
    assert report.double_bookings == 0
    assert report.invariants
    assert not report.broken
    assert Message.objects.count() == 0


@processes
def test_visits_are_booked_as_of_when_they_were_scheduled_and_ended_after_they_took_place(
    file: Path,
) -> None:
    run(write(file, rows(1)), workers=1)

    visit = Appointment.objects.get()
    assert visit.source == "replay"
    assert visit.booked_at.isoformat() == "2016-05-02T12:00:00+00:00"  # 9:00 in São Paulo
    assert visit.start.isoformat() == "2016-05-04T10:00:00+00:00"  # 7:00, the first of the day
    assert visit.status == Status.COMPLETED
    assert visit.arrived_at == visit.start
    assert visit.ended_at == visit.end
    trail = AuditEvent.objects.filter(subject_id=str(visit.pk)).order_by("id")
    assert [event.action.removeprefix("appointment.") for event in trail] == [
        "booked",
        "checked_in",
        "completed",
    ]


@processes
def test_a_wish_of_the_same_day_gets_the_first_time_that_is_still_to_come(file: Path) -> None:
    run(write(file, rows(1, scheduled="2016-05-04T11:05:00Z")), workers=1)

    assert Appointment.objects.get().start.isoformat() == "2016-05-04T14:15:00+00:00"


@processes
def test_a_patient_with_many_wishes_for_one_day_is_never_in_two_places(file: Path) -> None:
    wishes = rows(64, PatientId="7")

    report = run(write(file, wishes), workers=4)

    starts = Appointment.objects.values_list("start", flat=True)
    assert report.booked == len(set(starts)) == 60  # the day has that many cells
    assert report.refused == {"no free time left that day": 4}
    assert report.double_bookings == 0


@processes
def test_each_replay_has_a_clinic_of_its_own_that_no_page_shows(file: Path) -> None:
    write(file, rows(3))
    names = {run(file).clinic}
    time.sleep(1.1)  # named by the second
    names.add(run(file).clinic)

    assert len(names) == 2
    assert not Clinic.objects.filter(is_current=True).exists()
    assert {visit.patient.name for visit in Appointment.objects.select_related("patient")} == {
        "Replay 1000", "Replay 1001", "Replay 1002",
    }  # fmt: skip


@processes
def test_the_clinic_is_open_on_the_weekdays_of_the_file_and_large_enough(file: Path) -> None:
    report = run(write(file, [*rows(100), *rows(1, first=500, day="2016-05-07")]))

    assert report.doctors == 3  # 100 visits with a quarter to spare, 60 cells a day
    assert set(WorkingHours.objects.values_list("weekday", flat=True)) == {2, 5}
    assert report.booked == 101


@processes
def test_the_command_prints_the_table_and_answers_programs(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(file, rows(5))

    call_command("replay_demand", str(file), "--workers", "2", "--limit", "4")
    shown = capsys.readouterr().out
    call_command("replay_demand", str(file), "--workers", "2", "--json")
    answer = json.loads(capsys.readouterr().out)

    assert "4 rows read, all accounted for: 4 booked" in shown
    assert "Double bookings" in shown
    assert answer["rows_read"] == answer["booked"] == 5
    assert answer["double_bookings"] == 0
    assert answer["invariants"]["broken"] == []
    assert answer["p99_ms"] >= answer["p50_ms"] > 0


def test_a_clinic_at_work_is_not_filled_by_accident(db: None, file: Path) -> None:
    Clinic.objects.create(name="At work", time_zone="UTC")
    write(file, rows(1))

    with pytest.raises(CommandError, match="--force"):
        call_command("replay_demand", str(file))


@pytest.mark.parametrize("argument", [["--workers", "0"], ["--limit", "0"]])
def test_numbers_that_make_no_sense_are_refused(db: None, file: Path, argument: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("replay_demand", str(file), *argument)


def test_a_file_without_a_good_row_is_one_sentence(db: None, file: Path) -> None:
    write(file, rows(2, Age="-1"))

    with pytest.raises(CommandError, match="no row that can be booked"):
        call_command("replay_demand", str(file))


@processes
def test_an_interrupted_replay_accounts_for_the_rows_it_did_not_reach(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(tasks: list[object], *args: object, **kwargs: object) -> Iterator[object]:
        for number, found in enumerate(share(tasks, *args, **kwargs)):
            if number == 25:
                raise KeyboardInterrupt
            yield found

    monkeypatch.setattr(replay_run, "share", interrupted)

    report, done = replay(write(file, rows(300)), limit=None, workers=2, now=timezone.now())

    assert not done
    assert 25 <= report.booked == Appointment.objects.count() < 300
    assert report.booked + report.not_reached == 300
    assert not report.broken


def test_rows_that_others_hold_for_too_long_are_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = world.book("09:00")
    once = iter([operations.Busy()])
    check_in = operations.check_in

    def busy_at_first(**arguments: object) -> Appointment:
        for error in once:
            raise error
        return check_in(**arguments)

    monkeypatch.setattr(operations, "check_in", busy_at_first)

    assert record_outcome(Attended(visit.pk, visit.start, came=True)) is True

    visit.refresh_from_db()
    assert visit.status == Status.COMPLETED


@processes
def test_work_is_begun_in_order_and_each_task_is_done_once() -> None:
    found = sorted(share(list(range(1000)), _double, workers=3))

    assert found == [(number, number * 2) for number in range(1000)]


def _double(number: int) -> int:
    return number * 2


@processes
def test_a_worker_that_fails_ends_the_run_with_its_reason() -> None:
    with pytest.raises(WorkerDied, match="ZeroDivisionError"):
        list(share([1, 0, 1], _inverse, workers=2))


def _inverse(number: int) -> float:
    return 1 / number


@processes
def test_a_worker_that_is_killed_is_noticed() -> None:
    with pytest.raises(WorkerDied, match="code -9"):
        list(share([1], _killed, workers=1))


def _killed(_number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@processes
def test_the_others_are_not_waited_for_when_a_killed_worker_left_them_stuck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("booking.replay.workers.PATIENCE_SECONDS", 0.3)
    began = time.monotonic()

    with pytest.raises(WorkerDied, match="code -9"):
        list(share([*range(40)], _killed_or_stuck, workers=2))

    assert time.monotonic() - began < 60


def _killed_or_stuck(number: int) -> None:
    if number < 20:
        time.sleep(600)
    _killed(number)


def test_a_row_that_is_neither_booked_nor_refused_is_a_mistake_of_ours() -> None:
    with pytest.raises(Unaccounted, match="3 rows were read, but 2"):
        Report(read=3, booked=2).account()


def test_percentiles_are_values_that_were_measured() -> None:
    hundred = [float(number) for number in range(1, 101)]

    assert (percentile(hundred, 50), percentile(hundred, 99)) == (50, 99)
    assert percentile([7.0], 99) == 7.0
    assert percentile([], 50) == 0.0

"""Every row of the file is a visit or a named refusal; nothing is repaired or left out."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path

import pytest

from booking.replay.reading import COLUMNS, Refusal, ReplayError, Row, opened, read

GOOD = {
    "PatientId": "100",
    "AppointmentID": "5000001",
    "Gender": "F",
    "ScheduledDay": "2016-04-27T08:36:51Z",
    "AppointmentDay": "2016-04-29T00:00:00Z",
    "Age": "62",
    "Neighbourhood": "CENTRO",
    "SMS_received": "1",
    "No-show": "No",
}


def lines(*changes: dict[str, str]) -> list[str]:
    rows = [",".join((GOOD | change).values()) for change in changes]
    return [",".join(GOOD), *rows]


def one(**change: str) -> Row | Refusal:
    named = {name.replace("_", "-") if name == "No_show" else name: v for name, v in change.items()}
    (found,) = read(lines(named))
    return found


def test_a_row_keeps_the_clinics_wall_time() -> None:
    assert one() == Row(
        patient=100,
        appointment=5000001,
        scheduled=dt.datetime(2016, 4, 27, 8, 36, 51),
        day=dt.date(2016, 4, 29),
        came=True,
        reminded=True,
    )


def test_who_was_reminded_is_kept_and_an_extract_may_leave_it_out() -> None:
    assert one(SMS_received="0").reminded is False
    assert one(SMS_received="yes") == Refusal(2, "reminder is neither 0 nor 1")
    without = [",".join(GOOD[name] for name in COLUMNS)]
    (row,) = read([",".join(COLUMNS), *without])
    assert isinstance(row, Row) and row.reminded is False


def test_the_column_says_who_did_not_come() -> None:
    assert one(No_show="Yes").came is False


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"PatientId": "93779.52927E-5"}, "patient id is not an integer"),
        ({"PatientId": "-5"}, "patient id is not an integer"),
        ({"PatientId": "1_000"}, "patient id is not an integer"),
        ({"PatientId": " 7"}, "patient id is not an integer"),
        ({"PatientId": "٣"}, "patient id is not an integer"),
        ({"PatientId": "9" * 19}, "patient id is not an integer"),
        ({"PatientId": ""}, "patient id is not an integer"),
        ({"AppointmentID": "x"}, "appointment id is not an integer"),
        ({"Age": "-1"}, "age is below zero"),
        ({"Age": "old"}, "age is not a number"),
        ({"Age": "151"}, "age is above 150"),
        ({"ScheduledDay": "2016-04-31T08:00:00Z"}, "scheduled time is unreadable"),
        ({"ScheduledDay": ""}, "scheduled time is unreadable"),
        ({"AppointmentDay": "29/04/2016"}, "appointment day is unreadable"),
        ({"AppointmentDay": "2016-04-26T00:00:00Z"}, "dated before it was scheduled"),
        ({"No_show": "perhaps"}, "outcome is neither Yes nor No"),
    ],
)
def test_what_is_no_visit_is_refused_by_name(change: dict[str, str], reason: str) -> None:
    assert one(**change) == Refusal(2, reason)


def test_a_visit_on_the_day_it_was_scheduled_is_read() -> None:
    assert isinstance(one(AppointmentDay="2016-04-27T00:00:00Z"), Row)


def test_an_age_of_zero_is_a_newborn() -> None:
    assert isinstance(one(Age="0"), Row)


def test_the_second_of_two_equal_appointment_ids_is_refused() -> None:
    found = list(read(lines({}, {"PatientId": "2"}, {"AppointmentID": "5000002"})))

    assert [type(each) for each in found] == [Row, Refusal, Row]
    assert found[1] == Refusal(3, "appointment id appears twice")


def test_a_row_that_was_refused_for_its_id_does_not_make_the_next_a_duplicate() -> None:
    found = list(read(lines({"PatientId": "x"}, {})))

    assert [type(each) for each in found] == [Refusal, Row]


def test_a_short_row_is_refused() -> None:
    assert list(read([*lines(), "1,2,F"])) == [Refusal(2, "columns are missing")]


def test_a_limit_counts_rows_whether_good_or_not() -> None:
    found = list(read(lines({"Age": "-1"}, {}, {"AppointmentID": "3"}), limit=2))

    assert len(found) == 2


@pytest.mark.parametrize("absent", COLUMNS)
def test_another_format_is_refused_by_the_column_it_lacks(absent: str) -> None:
    header = ",".join(name for name in GOOD if name != absent)

    with pytest.raises(ReplayError, match=f"no column {absent}"):
        list(read([header]))


def test_an_empty_file_is_another_format() -> None:
    with pytest.raises(ReplayError):
        list(read([]))


@pytest.mark.parametrize("packed", [True, False])
def test_packed_and_plain_files_are_told_apart_by_what_is_in_them(
    tmp_path: Path, packed: bool
) -> None:
    path = tmp_path / "demand"  # no telling name
    text = ("\ufeff" + "\r\n".join(lines({}))).encode()
    path.write_bytes(gzip.compress(text) if packed else text)

    with opened(path) as file:
        assert [type(each) for each in read(file)] == [Row]


@pytest.mark.parametrize(
    "content", [b"\x1f\x8b damaged", gzip.compress(b"PatientId")[:-9], b"\xff"]
)
def test_a_damaged_file_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "demand.csv"
    path.write_bytes(content)

    with pytest.raises(ReplayError), opened(path) as file:
        list(read(file))


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match="cannot be read"), opened(tmp_path / "none.csv"):
        pass

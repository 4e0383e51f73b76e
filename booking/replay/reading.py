"""The public "medical appointment no-shows" format, read strictly.

A row is either a `Row` or a `Refusal` with a reason; nothing is repaired and nothing is left out.
`ScheduledDay` ends in Z, but its digits lie between 6 and 22 o'clock: they are what the clock at
the clinic in Vitória showed, and are kept as wall time. `AppointmentDay` names a day only.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

COLUMNS = ("PatientId", "AppointmentID", "ScheduledDay", "AppointmentDay", "Age", "No-show")
GZIP = b"\x1f\x8b"


class ReplayError(Exception):
    """Why the file cannot be replayed at all, in one sentence."""


class Row(NamedTuple):
    """A visit that somebody asked for. `scheduled` is wall time at the clinic."""

    patient: int
    appointment: int
    scheduled: dt.datetime
    day: dt.date
    came: bool
    reminded: bool = False  # a text message was sent; when, the file does not say


class Refusal(NamedTuple):
    """A row of the file that is no visit, and why."""

    line: int
    reason: str


@contextmanager
def opened(path: Path) -> Iterator[io.TextIOBase]:
    """The text of a file, compressed or not; told apart by its first bytes, not by its name."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == GZIP
            raw.seek(0)
            binary = gzip.GzipFile(fileobj=raw) if packed else raw
            with io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as text:
                yield text
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ReplayError(f"{path} cannot be read: {error}.") from error


def read(lines: Iterable[str], *, limit: int | None = None) -> Iterator[Row | Refusal]:
    """Every row of the file in its order, at most `limit`. Raises ReplayError for other formats."""
    reader = csv.DictReader(lines)
    absent = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if absent:
        raise ReplayError(f"This is not the no-shows format: it has no column {absent[0]}.")
    seen: set[int] = set()
    try:
        for number, fields in enumerate(reader):
            if limit is not None and number >= limit:
                return
            yield _judged(fields, seen, line=number + 2)
    except csv.Error as error:
        raise ReplayError(f"The file is damaged after line {reader.line_num}: {error}.") from error


def _judged(fields: dict[str, str | None], seen: set[int], *, line: int) -> Row | Refusal:
    try:
        row = _row(fields)
        if row.appointment in seen:
            raise _Refused("appointment id appears twice")
        seen.add(row.appointment)
        if row.day < row.scheduled.date():
            raise _Refused("dated before it was scheduled")
    except _Refused as refused:
        return Refusal(line, str(refused))
    return row


class _Refused(Exception):
    """Carries the reason from where it is found to where it is written down."""


def _row(fields: dict[str, str | None]) -> Row:
    if any(fields[name] is None for name in COLUMNS):
        raise _Refused("columns are missing")
    text = {name: fields[name] or "" for name in COLUMNS}
    patient = _integer(text["PatientId"], "patient id is not an integer")
    appointment = _integer(text["AppointmentID"], "appointment id is not an integer")
    _check_age(text["Age"])
    outcomes = {"No": True, "Yes": False}  # the column says who did not come
    if text["No-show"] not in outcomes:
        raise _Refused("outcome is neither Yes nor No")
    return Row(
        patient=patient,
        appointment=appointment,
        scheduled=_moment(text["ScheduledDay"], "scheduled time is unreadable"),
        day=_moment(text["AppointmentDay"], "appointment day is unreadable").date(),
        came=outcomes[text["No-show"]],
        reminded=_reminded(fields.get("SMS_received")),
    )


def _reminded(text: str | None) -> bool:
    """An extract without the column is taken for one in which nobody was."""
    if text not in (None, "0", "1"):
        raise _Refused("reminder is neither 0 nor 1")
    return text == "1"


def _integer(text: str, otherwise: str) -> int:
    """Digits only: `int()` would also take "1_0", signs, blanks and other scripts' digits."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise _Refused(otherwise)
    return int(text)


def _check_age(text: str) -> None:
    if text.startswith("-") and text[1:].isdigit():
        raise _Refused("age is below zero")
    if _integer(text, "age is not a number") > 150:
        raise _Refused("age is above 150")


def _moment(text: str, otherwise: str) -> dt.datetime:
    try:
        return dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 (wall time)
    except ValueError:
        raise _Refused(otherwise) from None

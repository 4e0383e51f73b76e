"""The whole replay, step by step."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from booking.invariants import CHECKS, prove
from booking.models import VisitType
from booking.replay.booking_rows import Attended, Booked, BookRow, record_outcome
from booking.replay.building import build, doctors_needed
from booking.replay.reading import Refusal, ReplayError, Row, opened, read
from booking.replay.report import Report
from booking.replay.workers import share

# Draws a bar beside the items: (items, what, total) -> the same items.
Watch = Callable[..., Iterable[Any]]


def _unwatched(items: Iterable[Any], *, what: str, total: int | None = None) -> Iterable[Any]:
    return items


def replay(
    path: Path, *, limit: int | None, workers: int, now: dt.datetime, watch: Watch = _unwatched
) -> tuple[Report, bool]:
    """Book every row of the file and record its outcome; returns the report, and whether it was
    carried to its end (False: interrupted by Ctrl-C; what was booked by then stands).

    Raises ReplayError when the file is not of the format, WorkerDied when a worker is killed.
    """
    report = Report(workers=workers)
    rows = _read(path, limit, report, watch)
    if not rows:
        raise ReplayError(f"{path} holds no row that can be booked.")
    visit_type = _build(rows, report, now=now, watch=watch)
    done = False
    try:
        visits = _book(rows, BookRow(visit_type), report, watch)
        _outcomes(visits, report, watch)
        done = True
    except KeyboardInterrupt:
        # Workers that were stopped could not tell of their last rows; the database knows.
        report.booked = visit_type.appointments.count()
        report.not_reached = report.read - report.booked - report.refused.total()
    proof = prove(clinic=visit_type.clinic)
    report.invariants = list(watch(proof, what="invariants", total=len(CHECKS)))
    report.account()
    return report, done


def _read(path: Path, limit: int | None, report: Report, watch: Watch) -> list[Row]:
    """The rows in the order in which they were scheduled."""
    rows: list[Row] = []
    with opened(path) as text:
        for found in watch(read(text, limit=limit), what="reading", total=limit):
            report.read += 1
            if isinstance(found, Refusal):
                report.refused[found.reason] += 1
            else:
                rows.append(found)
    rows.sort(key=lambda row: (row.scheduled, row.appointment))
    return rows


def _build(rows: Sequence[Row], report: Report, *, now: dt.datetime, watch: Watch) -> VisitType:
    bar = iter(watch(range(doctors_needed(rows)), what="slots of doctors"))
    built = build(rows, now=now, progress=lambda: next(bar, None))
    next(bar, None)  # ends the bar
    report.clinic = built.clinic.name
    report.doctors, report.patients = built.doctors, built.patients
    report.slots = built.slots
    return built.visit_type


def _book(rows: list[Row], book: BookRow, report: Report, watch: Watch) -> list[Attended]:
    visits = []
    began = time.perf_counter()
    try:
        with closing(share(rows, book, workers=report.workers)) as results:
            for index, outcome in watch(results, what="booking", total=len(rows)):
                if isinstance(outcome, Booked):
                    report.booked += 1
                    report.durations.append(outcome.seconds)
                    report.lost_races += outcome.tries - 1
                    row = rows[index]
                    visits.append(
                        Attended(outcome.appointment_id, outcome.start, row.came, row.reminded)
                    )
                else:
                    report.refused[outcome.reason] += 1
    finally:
        report.booking_seconds = time.perf_counter() - began
    return visits


def _outcomes(visits: list[Attended], report: Report, watch: Watch) -> None:
    visits.sort(key=lambda visit: visit.start)
    began = time.perf_counter()
    try:
        with closing(share(visits, record_outcome, workers=report.workers)) as results:
            for _index, came in watch(results, what="outcomes", total=len(visits)):
                report.completed += came
                report.no_show += not came
    finally:
        report.outcome_seconds = time.perf_counter() - began

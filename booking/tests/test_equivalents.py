from __future__ import annotations

import datetime as dt
import uuid
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking import equivalents, operations
from booking.equivalents import Lost, Option, known, rank
from tests import factories
from tests.factories import SYSTEM, TOMORROW, World, at

CHICAGO = ZoneInfo("America/Chicago")
ADA, BOB, CAT = (uuid.UUID(int=number) for number in (1, 2, 3))
DAY = dt.timedelta(days=1)


def wall(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=CHICAGO).astimezone(dt.UTC)


def best(options: list[tuple[str, uuid.UUID]], **fields: Any) -> list[tuple[str, uuid.UUID]]:
    lost = Lost(wall("2026-06-02 09:00"), ADA, dt.timedelta(minutes=15), fields.pop("busy", ()))
    given = known([Option(wall(text), doctor) for text, doctor in options], CHICAGO)
    ranked = rank(lost, given, CHICAGO, **fields)
    return [
        (option.start.astimezone(CHICAGO).strftime("%Y-%m-%d %H:%M"), option.doctor_id)
        for option in ranked
    ]


def test_a_colleague_at_the_same_time_is_best_then_the_nearest_day() -> None:
    options = [
        ("2026-06-02 15:00", BOB),
        ("2026-06-05 09:00", BOB),
        ("2026-06-03 10:30", ADA),
        ("2026-06-02 09:00", BOB),
        ("2026-06-02 09:15", BOB),
    ]
    assert best(options) == [
        ("2026-06-02 09:00", BOB),
        ("2026-06-03 10:30", ADA),
        ("2026-06-02 15:00", BOB),
    ]


def test_another_doctor_comes_before_the_one_who_is_away() -> None:
    assert best([("2026-06-03 09:00", ADA), ("2026-06-03 09:30", BOB)], limit=1) == [
        ("2026-06-03 09:30", BOB)
    ]


def test_the_part_of_the_day_counts_more_than_a_day() -> None:
    assert best([("2026-06-02 13:00", BOB), ("2026-06-03 11:45", BOB)], limit=1) == [
        ("2026-06-03 11:45", BOB)
    ]


def test_each_start_is_suggested_once_with_who_is_to_be_taken_first() -> None:
    options = [("2026-06-02 09:00", BOB), ("2026-06-02 09:00", CAT), ("2026-06-02 09:15", CAT)]
    assert best(options, order={BOB: 4, CAT: 1}) == [
        ("2026-06-02 09:00", CAT),
        ("2026-06-02 09:15", CAT),
    ]


def test_what_overlaps_another_visit_of_the_patient_is_not_suggested() -> None:
    busy = [equivalents.Span(wall("2026-06-02 09:10"), wall("2026-06-02 09:30"))]
    options = [("2026-06-02 09:00", BOB), ("2026-06-02 09:30", BOB)]
    assert best(options, busy=busy) == [("2026-06-02 09:30", BOB)]


def test_what_is_suggested_to_others_comes_later() -> None:
    taken = Option(wall("2026-06-02 09:00"), BOB)
    options = [("2026-06-02 09:00", BOB), ("2026-06-02 09:30", BOB)]
    assert best(options, crowd={taken: 1}, limit=1) == [("2026-06-02 09:30", BOB)]


def test_days_and_parts_are_the_clinics_also_when_the_clocks_change() -> None:
    """On 1 November 2026 in Chicago the clocks go back: 9:00 is 15:00 UTC, no longer 14:00."""
    lost = Lost(wall("2026-10-31 09:00"), ADA, dt.timedelta(minutes=15))
    near, far = Option(wall("2026-11-01 09:00"), BOB), Option(wall("2026-11-01 08:00"), BOB)
    assert rank(lost, known([far, near], CHICAGO), CHICAGO, limit=1) == [near]


@pytest.fixture
def week(world: World) -> World:
    for number in range(1, 5):
        for doctor in (world.ada, world.bob):
            factories.cells(doctor, at("09:00", TOMORROW + number * DAY), 12)
    return world


def test_visits_of_one_kind_share_one_look_at_the_grid(week: World) -> None:
    visits = [week.book(clock, doctor=week.ada) for clock in ("09:00", "09:30", "10:00")]
    operations.add_time_off(
        clinic=week.clinic, doctor=week.ada, start=at("00:00"), end=at("00:00") + DAY,
        by=SYSTEM, now=week.now,
    )  # fmt: skip

    def queries_for(some: list[Any]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as log:
            equivalents.suggested(some, now=week.now)
        return len(log)

    assert queries_for(visits) == queries_for(visits[:1])
    found = equivalents.suggested(visits, now=week.now)
    for visit in visits:
        assert found[visit.pk][0] == (visit.start, week.bob.pk)
        assert len(found[visit.pk]) == 3
        assert all(option.doctor_id == week.bob.pk or option.start.date() > TOMORROW
                   for option in found[visit.pk])  # fmt: skip


def test_the_clinic_may_suggest_what_is_too_soon_for_patients(week: World) -> None:
    type(week.checkup).objects.update(notice_minutes=3 * 24 * 60)
    week.checkup.refresh_from_db()
    visit = week.book("09:00", doctor=week.ada, now=week.now - 3 * DAY)

    (option, *_more) = equivalents.suggested([visit], now=week.now)[visit.pk]

    assert option == (visit.start, week.bob.pk)


def test_time_that_is_about_to_close_is_not_suggested(week: World) -> None:
    visit = week.book("09:00", doctor=week.ada)
    found = equivalents.suggested(
        [visit], allowed=lambda option, length: option.doctor_id != week.bob.pk, now=week.now
    )[visit.pk]

    assert {option.doctor_id for option in found} == {week.ada.pk}

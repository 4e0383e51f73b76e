from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.utils import translation

from booking import wording

CHICAGO = ZoneInfo("America/Chicago")
MOMENT = dt.datetime(2026, 12, 1, 15, 30, tzinfo=dt.UTC)


def test_a_moment_is_said_by_the_clinic_s_clock() -> None:
    assert wording.when_text(MOMENT, CHICAGO) == "Tuesday 1 December, 9:30 am"
    assert wording.when_text(MOMENT, ZoneInfo("Asia/Tokyo")) == "Wednesday 2 December, 12:30 am"


def test_the_past_is_said_with_its_year() -> None:
    assert wording.when_text(MOMENT, CHICAGO, year=True) == "Tuesday 1 December 2026, 9:30 am"


def test_full_hours_have_minutes_too() -> None:
    noon = dt.datetime(2026, 12, 1, 18, tzinfo=dt.UTC)
    assert wording.time_text(noon, CHICAGO) == "12:00 pm"


def test_a_moment_is_said_right_on_both_sides_of_a_change_of_the_clocks() -> None:
    before = dt.datetime(2026, 11, 1, 6, 30, tzinfo=dt.UTC)
    assert wording.time_text(before, CHICAGO) == "1:30 am"
    assert wording.time_text(before + dt.timedelta(hours=1), CHICAGO) == "1:30 am"
    assert wording.time_text(before + dt.timedelta(hours=2), CHICAGO) == "2:30 am"


def test_a_week_is_said_shortly() -> None:
    assert wording.week_text(dt.date(2026, 12, 2), dt.date(2026, 12, 8)) == "2 – 8 December"
    assert (
        wording.week_text(dt.date(2026, 12, 28), dt.date(2027, 1, 3)) == "28 December – 3 January"
    )


def test_other_languages_have_their_own_words() -> None:
    with translation.override("es"):
        assert "diciembre" in wording.day_text(dt.date(2026, 12, 1))

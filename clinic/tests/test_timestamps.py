"""Moments from the database are what Django would have read."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DataError, connection

from clinic.lib.timestamps import QuickLoader

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-06-02 09:00+00", dt.datetime(2026, 6, 2, 9, tzinfo=dt.UTC)),
        ("2026-06-02 09:00:30.5+02", dt.datetime(2026, 6, 2, 7, 0, 30, 500_000, tzinfo=dt.UTC)),
        ("1893-03-31 23:59:59.000001+00", dt.datetime(1893, 3, 31, 23, 59, 59, 1, tzinfo=dt.UTC)),
        ("0001-01-01 00:00+00", dt.datetime(1, 1, 1, tzinfo=dt.UTC)),
        ("9999-12-31 23:59:59.999999+00", dt.datetime.max.replace(tzinfo=dt.UTC)),
    ],
)
def test_it_is_the_moment_that_was_written(written: str, expected: dt.datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [written])
        (found,) = cursor.fetchone()
        loader = cursor.connection.adapters.get_loader(1184, 0)

    assert found == expected
    assert found.tzinfo is connection.timezone
    assert issubclass(loader, QuickLoader)


@pytest.mark.parametrize("written", ["infinity", "0044-03-15 12:00+00 BC", "10000-01-01 00:00+00"])
def test_what_python_has_no_moment_for_is_an_error_of_the_database(written: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [written])
        with pytest.raises(DataError):
            cursor.fetchone()

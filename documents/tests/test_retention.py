"""How long documents are kept: by kind, and a child's until it is grown up."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts.models import Patient
from documents.models import Kind
from documents.retention import YEARS, keep_until, years_after
from tests.factories import NOW

TODAY = NOW.date()


def born(year: int, month: int = 1, day: int = 1) -> Patient:
    return Patient(date_of_birth=dt.date(year, month, day))


def test_every_kind_has_its_years() -> None:
    assert set(YEARS) == set(Kind.values)
    assert all(each >= 6 for each in YEARS.values())


def test_an_adults_document_is_kept_for_the_years_of_its_kind() -> None:
    adult = born(1980)
    assert keep_until(Kind.RESULT, adult, NOW) == dt.date(2036, 6, 1)
    assert keep_until(Kind.CONSENT, adult, NOW) == dt.date(2032, 6, 1)


def test_a_childs_document_is_kept_until_the_age_that_is_set(
    settings: pytest.FixtureRequest,
) -> None:
    child = born(2025, 5, 5)
    assert keep_until(Kind.CONSENT, child, NOW) == dt.date(2046, 5, 5)
    settings.DOCUMENT_KEEP_MINORS_UNTIL_AGE = 28
    assert keep_until(Kind.CONSENT, child, NOW) == dt.date(2053, 5, 5)


def test_of_a_child_that_is_nearly_grown_up_the_years_count_if_they_are_more() -> None:
    assert keep_until(Kind.RESULT, born(2009), NOW) == dt.date(2036, 6, 1)
    # The day before the eighteenth birthday, and the birthday itself.
    assert keep_until(Kind.CONSENT, born(2008, 6, 2), NOW) == dt.date(2032, 6, 1)


def test_whose_birthday_nobody_knows_may_be_a_child() -> None:
    assert keep_until(Kind.RESULT, Patient(), NOW) == dt.date(2047, 6, 1)


def test_a_clinic_sets_its_own_years(settings: pytest.FixtureRequest) -> None:
    settings.DOCUMENT_KEEP_YEARS = {"result": 15}
    assert keep_until(Kind.RESULT, born(1980), NOW) == dt.date(2041, 6, 1)
    assert keep_until(Kind.CONSENT, born(1980), NOW) == dt.date(2032, 6, 1)


@pytest.mark.parametrize("wrong", [{"resluts": 15}, {"result": -1}])
def test_a_setting_that_means_nothing_is_refused(
    settings: pytest.FixtureRequest, wrong: dict[str, int]
) -> None:
    settings.DOCUMENT_KEEP_YEARS = wrong
    with pytest.raises(ImproperlyConfigured, match="result"):
        keep_until(Kind.RESULT, born(1980), NOW)


def test_the_29th_of_february_has_a_day_after_it_in_every_year() -> None:
    assert years_after(dt.date(2024, 2, 29), 21) == dt.date(2045, 3, 1)
    assert years_after(dt.date(2024, 2, 29), 4) == dt.date(2028, 2, 29)
    assert years_after(TODAY, 0) == TODAY

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
import time_machine
from django.test import Client

from tests import factories

pytestmark = pytest.mark.django_db

URL = "/book/checkup/"


def text_of(response: object) -> str:
    return re.sub(r"\s+", " ", response.content.decode().replace("\u00a0", " "))


def test_it_opens_where_the_first_free_time_is(world: factories.World, client: Client) -> None:
    page = text_of(client.get(URL))
    assert "1 – 7 June" in page
    assert "Tuesday 2 June, 12 free times" in page
    assert "Wednesday 3 June, no free times" in page
    assert '<h3 id="day-title">Tuesday 2 June</h3>' in page
    assert 'value="2026-06-02T09:00:00Z"' in page
    assert "2 doctors" in page


def test_an_empty_week_is_passed_over_when_nobody_asked_for_it(
    world: factories.World, client: Client
) -> None:
    world.ada.slots.all().delete()
    world.bob.slots.all().delete()
    factories.cells(world.ada, factories.at("09:00", dt.date(2026, 6, 18)), 2)
    page = text_of(client.get(URL))
    assert "15 – 21 June" in page
    assert '<h3 id="day-title">Thursday 18 June</h3>' in page


def test_an_empty_week_says_when_the_next_free_time_is(
    world: factories.World, client: Client
) -> None:
    factories.cells(world.ada, factories.at("09:00", dt.date(2026, 6, 18)), 2)
    page = text_of(client.get(URL, {"week": "2026-06-09"}))
    assert "Everything is taken in these days" in page
    assert "Next free: Thu 18 Jun" in page


def test_with_nothing_free_at_all_it_says_whom_to_call(
    world: factories.World, client: Client
) -> None:
    world.ada.slots.all().delete()
    world.bob.slots.all().delete()
    page = text_of(client.get(URL))
    assert "There is no later time that can be booked yet" in page
    assert world.clinic.phone in page


def test_times_are_the_clinic_s_own(world: factories.World, client: Client) -> None:
    world.clinic.time_zone = "America/Chicago"
    world.clinic.save()
    page = text_of(client.get(URL))
    assert "4:00 am" in page
    assert 'data-zone="America/Chicago"' in page
    assert "Chicago time" in page


def test_nine_o_clock_is_nine_o_clock_on_both_sides_of_a_change_of_the_clocks(
    world: factories.World, client: Client
) -> None:
    """Chicago leaves summer time on Sunday 1 November 2026."""
    world.clinic.time_zone = "America/Chicago"
    world.clinic.save()
    friday, monday = dt.date(2026, 10, 30), dt.date(2026, 11, 2)
    factories.cells(world.ada, factories.at("14:00", friday), 1)
    factories.cells(world.ada, factories.at("15:00", monday), 1)
    with time_machine.travel(dt.datetime(2026, 10, 28, 12, tzinfo=dt.UTC), tick=False):
        for day in (friday, monday):
            page = text_of(client.get(URL, {"day": day.isoformat()}))
            assert page.count('class="time"') == 1
            assert ">9:00 am<" in page


def test_one_doctor_s_times_alone(world: factories.World, client: Client) -> None:
    world.ada.slots.filter(start=factories.at("09:00")).delete()
    page = text_of(client.get(URL, {"doctor": world.ada.pk}))
    assert "Tuesday 2 June, 11 free times" in page
    assert 'value="2026-06-02T09:00:00Z"' not in page
    assert f'name="doctor" value="{world.ada.pk}"' in page


def test_one_part_of_the_day_alone(world: factories.World, client: Client) -> None:
    factories.cells(world.ada, factories.at("14:00"), 2)
    page = text_of(client.get(URL, {"part": "afternoon"}))
    assert "Tuesday 2 June, 2 free times" in page
    assert 'value="2026-06-02T09:00:00Z"' not in page


def test_a_part_of_day_without_times_offers_the_whole_day(
    world: factories.World, client: Client
) -> None:
    assert "Show the whole day" in text_of(client.get(URL, {"part": "evening"}))


def test_a_day_can_be_chosen_without_javascript(world: factories.World, client: Client) -> None:
    factories.cells(world.ada, factories.at("10:00", dt.date(2026, 6, 4)), 3)
    page = text_of(client.get(URL, {"day": "2026-06-04"}))
    assert '<h3 id="day-title">Thursday 4 June</h3>' in page


@pytest.mark.parametrize("week", ["2020-01-01", "2199-12-31", "2026-06-30"])
def test_weeks_before_today_or_past_the_horizon_are_the_nearest_there_is(
    world: factories.World, client: Client, week: str
) -> None:
    assert client.get(URL, {"week": week}).status_code == 200


def test_the_last_week_says_how_far_ahead_can_be_booked(
    world: factories.World, client: Client
) -> None:
    assert "Times can be booked up to" not in text_of(client.get(URL))
    page = text_of(client.get(URL, {"week": "2199-12-31"}))
    assert "Times can be booked up to Friday 31 July" in page


@pytest.mark.parametrize(
    "query",
    [
        {"week": "soon"},
        {"day": "0001-01-01"},
        {"day": "9999-12-31"},
        {"week": "2026-02-30"},
        {"part": "night"},
        {"doctor": "not-a-uuid"},
        {"doctor": "\x00"},
        {"day": "\x00"},
        {"doctor": str(uuid.uuid4())},
    ],
)
def test_an_address_put_together_wrongly_is_refused(
    world: factories.World, client: Client, query: dict[str, str]
) -> None:
    assert client.get(URL, query).status_code == 400


def test_a_doctor_who_does_not_offer_it_is_refused(world: factories.World, client: Client) -> None:
    other = factories.doctor(world.clinic)
    assert client.get(URL, {"doctor": other.pk}).status_code == 400


def test_htmx_gets_the_changing_part_and_what_is_said_aloud(
    world: factories.World, client: Client
) -> None:
    response = client.get(URL, headers={"HX-Request": "true"})
    page = text_of(response)
    assert "<html" not in page
    assert 'id="times"' in page
    assert "Tuesday 2 June: 12 free times" in page
    assert "HX-Request" in response["Vary"]


def test_it_is_only_for_reading(world: factories.World, client: Client) -> None:
    assert client.post(URL).status_code == 405

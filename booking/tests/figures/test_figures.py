"""The figures of a small clinic, against counting by hand in plain Python."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections import defaultdict
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent, Role
from accounts.operations.roles import sync_role_permissions
from booking import operations
from booking.figures import Figures, Scope, charts, collect
from booking.figures.shaping import BANDS, Rate, band_of, wilson
from booking.models import Appointment, Status
from booking.replay.reading import Row, read
from booking.tests.test_replay_reading import lines
from clinic.lib.actor import Actor
from tests import factories
from tests.factories import NOW, World, at

DAY = dt.timedelta(days=1)


def sample(count: int) -> list[str]:
    """A file in the public format: who is reminded books further ahead, and so is missed more."""
    rng = random.Random(20)
    wishes = []
    for number in range(count):
        lead = rng.choice([0, 0, 0, 2, 5, 10, 20, 40])
        reminded = lead > 2 and rng.random() < 0.6
        missed = rng.random() < (0.04 if lead == 0 else 0.35 - 0.08 * reminded)
        day = dt.date(2016, 5, 2) + DAY * rng.randrange(10)
        wishes.append(
            {
                "PatientId": str(1000 + number),
                "AppointmentID": str(9000 + number),
                "ScheduledDay": f"{day - DAY * lead}T{rng.randint(7, 18):02}:15:00Z",
                "AppointmentDay": f"{day}T00:00:00Z",
                "SMS_received": "1" if reminded else "0",
                "No-show": "Yes" if missed else "No",
            }
        )
    return lines(*wishes)


def written_down(rows: list[Row], world: World) -> Scope:
    """The rows as visits, one after the other so that none overlap."""
    doctors = [world.ada, world.bob]
    visits = []
    for number, row in enumerate(rows):
        doctor = doctors[number % 2]
        start = dt.datetime.combine(row.day, dt.time(7), dt.UTC) + (number // 2 % 48) * 15 * (
            dt.timedelta(minutes=1)
        )
        visits.append(
            Appointment(
                clinic=world.clinic,
                doctor=doctor,
                visit_type=world.checkup,
                patient=world.patient,
                status=Status.COMPLETED if row.came else Status.NO_SHOW,
                start=start,
                end=start + dt.timedelta(seconds=1),
                busy_start=start,
                busy_end=start + dt.timedelta(seconds=1),
                created_at=start,
                booked_at=row.scheduled.replace(tzinfo=dt.UTC),
                booked_by="test",
                ended_at=start,
                ended_by="test",
                reminded_at=start - DAY if row.reminded else None,
            )
        )
    with connection.cursor() as cursor:  # figures do not ask whether a person was in two places
        cursor.execute("ALTER TABLE booking_appointment DROP CONSTRAINT appointment_doctor_once")
        cursor.execute("ALTER TABLE booking_appointment DROP CONSTRAINT appointment_patient_once")
    Appointment.objects.bulk_create(visits)
    return Scope(world.clinic, dt.date(2016, 4, 1), dt.date(2016, 6, 30))


def by_hand(text: list[str]) -> dict[tuple[str, Any], list[int]]:
    """Missed and all, by band, weekday and reminder: only with csv and dates."""
    found: defaultdict[tuple[str, Any], list[int]] = defaultdict(lambda: [0, 0])
    for fields in csv.DictReader(text):
        day = dt.date.fromisoformat(fields["AppointmentDay"][:10])
        lead = (day - dt.date.fromisoformat(fields["ScheduledDay"][:10])).days
        bounds = [0, 2, 7, 14, 30]
        band = sum(lead > bound for bound in bounds)
        reminded = fields["SMS_received"] == "1"
        for key in (
            ("all", None),
            ("band", (band, reminded)),
            ("weekday", day.weekday()),
            ("reminded", reminded),
        ):
            found[key][0] += fields["No-show"] == "Yes"
            found[key][1] += 1
    return found


def test_the_replayed_visits_give_what_the_file_gives_counted_by_hand(world: World) -> None:
    text = sample(900)
    rows = [row for row in read(text) if isinstance(row, Row)]
    assert len(rows) == 900
    figures = collect(written_down(rows, world))
    hand = by_hand(text)

    def rate(*key: Any) -> Rate:
        return Rate(*hand[key])

    assert figures.missed == rate("all", None)
    assert figures.comparison.reminded == rate("reminded", True)
    assert figures.comparison.others == rate("reminded", False)
    assert figures.missed_by_weekday == {
        day: rate("weekday", day) for day in range(7) if ("weekday", day) in hand
    }
    for index, band in enumerate(BANDS):
        pair = rate("band", (index, True)), rate("band", (index, False))
        assert figures.comparison.by_band[band] == pair

    # Standardised by hand, over the bands in which both have twenty.
    bands = [b for b in range(6) if min(hand["band", (b, r)][1] for r in (True, False)) >= 20]
    assert len(bands) >= 3
    sizes = {b: sum(hand["band", (b, r)][1] for r in (True, False)) for b in bands}
    for reminded, got in (
        (True, figures.comparison.reminded_standardised),
        (False, figures.comparison.others_standardised),
    ):
        expected = sum(
            sizes[b] * hand["band", (b, reminded)][0] / hand["band", (b, reminded)][1]
            for b in bands
        ) / sum(sizes.values())
        assert got is not None and got.value == pytest.approx(expected)
    crude = figures.comparison.reminded.part / figures.comparison.reminded.whole
    assert crude > figures.comparison.others.part / figures.comparison.others.whole  # misleads
    assert figures.comparison.reminded_standardised.value < (
        figures.comparison.others_standardised.value
    )


def tomorrow(world: World, **more: Any) -> Scope:
    return Scope(world.clinic, at("00:00").date(), at("00:00").date(), **more)


def test_use_of_time_is_what_is_taken_of_what_is_offered(world: World) -> None:
    long = factories.visit_type(world.clinic, world.ada, minutes=30, buffer_after=15)
    world.book("09:00", doctor=world.ada, visit_type=long)
    world.book("10:00", doctor=world.ada)
    missed = world.book("11:00", doctor=world.bob)
    operations.mark_no_show(appointment=missed, by=Actor.system("test"), now=at("11:30"))

    figures = collect(tomorrow(world))

    ada, bob = figures.use_by_doctor[world.ada.pk], figures.use_by_doctor[world.bob.pk]
    assert (ada.offered, ada.taken, ada.lost) == (180, 60, 0)
    assert (bob.offered, bob.taken, bob.lost) == (180, 0, 15)
    assert figures.use.share == pytest.approx(1 / 6)
    only = collect(tomorrow(world, doctor_id=world.ada.pk, visit_type_id=long.pk))
    assert (only.use.offered, only.use.taken) == (180, 45)
    assert only.visits == 1


def test_blocked_time_was_never_offered(world: World) -> None:
    world.ada.slots.filter(start__gte=at("11:00")).update(status="blocked")
    assert collect(tomorrow(world)).use_by_doctor[world.ada.pk].offered == 120


def test_who_cancelled_and_how_late(world: World) -> None:
    patient = factories.patient(with_login=True)
    staff = factories.user(Role.STAFF, is_staff=True)
    carer = factories.user(Role.PATIENT)
    late = [
        (Actor.of_user(patient.user), NOW, "patient"),
        (Actor.of_user(carer), NOW, "patient"),
        (Actor.of_user(staff), at("08:30"), "clinic"),
        (Actor.system("time-off"), NOW - 10 * DAY, "system"),
    ]
    for number, (by, now, _who) in enumerate(late):
        world.checkup.change_notice_minutes = 0
        world.checkup.save()
        visit = world.book(f"09:{number * 15:02}", patient=patient, doctor=world.ada)
        operations.cancel(appointment=visit, by=by, now=now)

    figures = collect(tomorrow(world))

    found = {(row.who, row.hours): row.visits for row in figures.cancelled}
    assert found == {("patient", 2): 2, ("clinic", 0): 1, ("system", 168): 1}
    assert figures.cancellations == Rate(4, 4)


def test_lead_time_is_counted_in_the_clinics_days(world: World) -> None:
    """Booked at 23:30 for the next day is a day ahead, not the same day."""
    visit = world.book("09:00")
    Appointment.objects.filter(pk=visit.pk).update(booked_at=at("09:00") - 9.5 * (DAY / 24))
    world.clinic.time_zone = "Europe/Berlin"  # where it is half past one of the same day
    world.clinic.save()
    assert dict(collect(tomorrow(world)).lead_days) == {0: 1}
    world.clinic.time_zone = "UTC"
    assert dict(collect(tomorrow(world)).lead_days) == {1: 1}


def test_two_doctors_may_have_one_name(world: World) -> None:
    figures = collect(tomorrow(world))
    names = dict.fromkeys(figures.use_by_doctor, "Ada Adams")
    assert [row[0] for row in charts.use_by_doctor(figures, names).rows] == ["Ada Adams"] * 2


def test_holds_are_no_visits(world: World) -> None:
    world.hold("09:00")
    assert collect(tomorrow(world)).visits == 0


def test_an_empty_period_has_no_rates(world: World) -> None:
    figures = collect(Scope(world.clinic, dt.date(2020, 1, 1), dt.date(2020, 1, 31)))

    assert figures.use.share is None
    assert figures.lead_median is None
    assert figures.missed.value is None
    assert all(not chart.rows or chart.name for chart in charts.charts(figures, {}))


def test_bands_of_charts_add_up(world: World) -> None:
    figures: Figures = collect(tomorrow(world))
    assert sum(row[1] for row in charts.lead_time(figures).rows) == figures.visits
    assert band_of(0) == BANDS[0]


# The page.


@pytest.fixture
def staff(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + 3 * DAY)
    sync_role_permissions()
    client.force_login(factories.user(Role.STAFF, is_staff=True))
    return client


def test_the_page_shows_charts_with_tables_and_asks_few_questions(
    staff: Client, world: World
) -> None:
    world.book("09:00")
    staff.get(reverse("admin:booking_figures"))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = staff.get(reverse("admin:booking_figures")).content.decode()

    figures = [query for query in asked.captured_queries if "booking_" in query["sql"]]
    assert len(figures) <= 6, [query["sql"][:80] for query in figures]
    assert "Do reminders help?" in page and "misleads" in page
    assert page.count("<svg class=") >= 3
    assert page.count("<table>") >= 5
    assert "too few" in page  # a single visit is nobody's rate
    assert 'style="width' not in page


def test_a_rate_of_few_is_kept_out_of_table_and_file(staff: Client, world: World) -> None:
    missed = world.book("09:00")
    operations.mark_no_show(appointment=missed, by=Actor.system("test"), now=at("09:30"))
    chart = charts.comparison(collect(tomorrow(world)))
    assert all(row[2] is None for row in chart.rows)


@pytest.mark.parametrize(
    "query",
    [
        "first=2026-06-02&last=2026-05-01",
        "first=2020-01-01&last=2026-05-01",
        "first=0001-01-01&last=0001-01-02",
        "first=9999-12-30&last=9999-12-31",
        "first=soon",
        "doctor=x",
        "visit_type=%00",
    ],
)
def test_what_cannot_be_shown_is_said_beside_the_field(staff: Client, query: str) -> None:
    answer = staff.get(reverse("admin:booking_figures") + "?" + query)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert staff.get(reverse("admin:booking_figures_export") + "?" + query).status_code == 302


def test_a_strange_clinic_is_the_present_one(staff: Client) -> None:
    for clinic in ("x", "00000000-0000-0000-0000-000000000000"):
        assert staff.get(reverse("admin:booking_figures"), {"clinic": clinic}).status_code == 200


def test_the_file_has_every_table_and_the_trail_who_took_it(staff: Client, world: World) -> None:
    world.ada.name = '=HYPERLINK("http://evil.example")'
    world.ada.save()
    world.book("09:00", doctor=world.ada)

    answer = staff.get(reverse("admin:booking_figures_export"), {"doctor": str(world.ada.pk)})

    text = answer.getvalue().decode()
    assert text.startswith("\ufeff")
    assert answer["Content-Disposition"].startswith('attachment; filename="figures-')
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert ["'" + world.ada.name, "180", "15", "0", "8.3"] in rows
    event = AuditEvent.objects.get(action="figures.exported")
    assert event.data["doctor"] == str(world.ada.pk)
    assert event.data["rows"] > 5


def test_wilson_is_what_the_page_draws(world: World) -> None:
    bar = charts.rate_bar("x", Rate(10, 50), 0.5)
    low, high = wilson(10, 50)
    assert (bar.value, bar.low, bar.high) == pytest.approx((0.4, low / 0.5, high / 0.5))

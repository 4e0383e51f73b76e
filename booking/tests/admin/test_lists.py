"""The portal's lists: what they show first, what they ask of the database; the file of visits."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent, Patient, Role
from accounts.operations.roles import sync_role_permissions
from accounts.queries import forget_current_clinic
from booking import operations
from booking.admin import appointments, exporting
from booking.models import Appointment
from tests import factories
from tests.factories import SYSTEM, World, at

LIST = "admin:booking_appointment_changelist"
EXPORT = "admin:booking_appointment_export"


@pytest.fixture
def staff(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)
    sync_role_permissions()
    client.force_login(factories.user(Role.STAFF, is_staff=True))
    return client


def shown(answer: Any) -> list[Any]:
    return list(answer.context["cl"].result_list)


@pytest.fixture
def past(world: World) -> Appointment:
    visit = world.book("11:00")
    earlier = dt.timedelta(days=10)
    Appointment.objects.filter(pk=visit.pk).update(
        start=visit.start - earlier, end=visit.end - earlier,
        busy_start=visit.start - earlier, busy_end=visit.end - earlier,
    )  # fmt: skip
    return visit


def test_the_list_begins_with_what_comes_next(
    staff: Client, world: World, past: Appointment
) -> None:
    later, sooner = world.book("10:00"), world.book("09:00")

    assert shown(staff.get(reverse(LIST))) == [sooner, later]
    assert shown(staff.get(reverse(LIST), {"when": "all"})) == [later, sooner, past]
    assert shown(staff.get(reverse(LIST), {"when": "past"})) == [past]
    assert shown(staff.get(reverse(LIST), {"when": "last-month"})) == [past]
    assert shown(staff.get(reverse(LIST), {"when": "last-week"})) == []
    assert shown(staff.get(reverse(LIST), {"when": "tomorrow"})) == [sooner, later]
    assert shown(staff.get(reverse(LIST), {"when": "today"})) == []
    assert len(shown(staff.get(reverse(LIST), {"when": "something"}))) == 2


def test_days_are_the_clinics(staff: Client, world: World) -> None:
    """At noon in UTC the next day has begun in Auckland."""
    visit = world.book("09:00")
    assert shown(staff.get(reverse(LIST), {"when": "tomorrow"})) == [visit]
    world.clinic.time_zone = "Pacific/Auckland"
    world.clinic.save()
    forget_current_clinic()
    assert shown(staff.get(reverse(LIST), {"when": "today"})) == [visit]
    assert shown(staff.get(reverse(LIST), {"when": "tomorrow"})) == []


@pytest.mark.parametrize(
    "term", ["Zoe", "zoe quinn", "QUINN zo", "zq@example", "555 0144", "1990-02-03"]
)
def test_a_visit_is_found_by_its_patient_on_whatever_day(
    staff: Client, world: World, past: Appointment, term: str
) -> None:
    zoe = factories.patient(
        name="Zoe Quinn", email="ZQ@example.org", phone="+13125550144",
        date_of_birth=dt.date(1990, 2, 3),
    )  # fmt: skip
    visit = world.book("09:00", patient=zoe)
    Appointment.objects.filter(pk=past.pk).update(patient=zoe)
    world.book("10:00")

    assert shown(staff.get(reverse(LIST), {"q": term})) == [visit, past]
    patients = staff.get(reverse("admin:accounts_patient_changelist"), {"q": term})
    assert shown(patients) == [zoe]


def test_a_search_that_fits_too_many_says_so(
    staff: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appointments, "MOST_FOUND", 1)
    world.book("09:00", patient=factories.patient(name="Quentin One"))
    world.book("10:00", patient=factories.patient(name="Quentin Two"))
    answer = staff.get(reverse(LIST), {"q": "Quentin"})
    assert len(shown(answer)) == 1
    assert "More than 1 patients fit" in answer.content.decode()


def test_sorting_by_what_has_no_index_is_not_offered(staff: Client, world: World) -> None:
    world.book("09:00")
    for name in (LIST, "admin:accounts_patient_changelist"):
        answer = staff.get(reverse(name), {"o": "2.3.4.5.6"})
        ordering = answer.context["cl"].queryset.query.order_by
        assert not any("__" in field for field in ordering)


PATIENTS = "admin:accounts_patient_changelist"


@pytest.mark.parametrize(("o", "expected"), [("", "AbC"), ("1", "AbC"), ("-1", "CbA")])
def test_what_a_search_finds_is_in_the_order_of_the_list(
    staff: Client, world: World, o: str, expected: str
) -> None:
    for name in ("Quentin C", "Quentin A", "Quentin b"):
        factories.patient(name=name)
    answer = staff.get(reverse(PATIENTS), {"q": "quentin"} | ({"o": o} if o else {}))
    assert "".join(patient.name[-1] for patient in shown(answer)) == expected


def test_visits_that_a_search_finds_come_latest_first(staff: Client, world: World) -> None:
    patient = factories.patient(name="Quentin One")
    visits = [world.book(clock, patient=patient) for clock in ("10:00", "09:00", "11:00")]
    expected = sorted(visits, key=lambda visit: visit.start, reverse=True)
    assert shown(staff.get(reverse(LIST), {"q": "quentin"})) == expected


def test_each_page_has_its_own_rows_in_order(staff: Client, world: World) -> None:
    for number in range(30):
        factories.patient(name=f"Page {number:02}")
    pages = [shown(staff.get(reverse(PATIENTS), {"q": "page", "p": p})) for p in ("1", "2")]
    assert [[patient.name for patient in page] for page in pages] == [
        [f"Page {number:02}" for number in range(25)],
        [f"Page {number:02}" for number in range(25, 30)],
    ]


ASKED = [
    (LIST, {}),
    (LIST, {"when": "all"}),
    (LIST, {"when": "all", "status__exact": "booked"}),
    (LIST, {"q": "Patient"}),
    ("admin:accounts_patient_changelist", {}),
    ("admin:accounts_patient_changelist", {"q": "Patient"}),
    ("admin:accounts_auditevent_changelist", {}),
]


@pytest.mark.parametrize(("name", "query"), ASKED)
def test_a_list_asks_as_few_questions_of_many_rows_as_of_one(
    staff: Client, world: World, name: str, query: dict[str, str]
) -> None:
    world.book("09:00")
    address = reverse(name)
    staff.get(address, query)

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(address, query).status_code == 200
        return [each["sql"] for each in captured.captured_queries]

    before = asked()
    for clock in ("09:30", "10:00", "10:30", "11:00"):
        world.book(clock)
    after = asked()

    assert len(after) <= len(before) <= 14, "\n".join(sql[:90] for sql in after)
    # The menu's badges count what is open, from partial indexes.
    counts = [sql for sql in after if "COUNT(" in sql and '"status" = ' not in sql]
    assert not [sql for sql in counts if "LIMIT" not in sql]


INDEXED = [
    (Appointment.objects.order_by("start"), "appointment_start"),
    (Appointment.objects.order_by("-start"), "appointment_start"),
    (Appointment.objects.filter(status="no_show").order_by("-start"), "appointment_status_start"),
    (Patient.objects.filter(is_guest=True).order_by("name", "id"), "patient_guests"),
    (Patient.objects.filter(name__icontains="annab"), "patient_trigrams"),
    (Patient.objects.filter(phone__icontains="5550144"), "patient_trigrams"),
]


@pytest.mark.parametrize(("rows", "index"), INDEXED)
def test_each_way_of_asking_has_an_index(db: None, rows: Any, index: str) -> None:
    with connection.cursor() as cursor:  # of a few rows it would read all
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    assert index in rows[:50].explain()


# The file.


def rows_of(answer: Any) -> list[list[str]]:
    text = answer.getvalue().decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_the_file_is_the_list_as_it_is_filtered(staff: Client, world: World) -> None:
    zoe = factories.patient(name="Zoe Quinn", phone="+13125550144")
    visit = world.book("09:00", patient=zoe, doctor=world.ada)
    gone = world.book("10:00")
    operations.cancel(appointment=gone, by=SYSTEM, now=world.now)

    head, row = rows_of(staff.get(reverse(EXPORT), {"status__exact": "booked", "when": "week"}))

    assert row[:7] == ["2026-06-02", "09:00", "15", "Ada Adams", "Check-up", "booked", "Zoe Quinn"]
    assert row[8] == "'+13125550144"
    assert row[-1] == str(visit.pk)
    assert len(head) == len(row)
    assert "reason" not in head
    event = AuditEvent.objects.get(action="appointments.exported")
    assert event.data == {
        "rows": 1,
        "filters": {"status__exact": "booked", "when": "week"},
        "searched": False,
        "patients": [str(zoe.pk)],
    }


def test_what_was_searched_for_is_not_written_down(staff: Client, world: World) -> None:
    zoe = factories.patient(name="Zoe Quinn")
    world.book("09:00", patient=zoe)
    assert len(rows_of(staff.get(reverse(EXPORT), {"q": "Zoe Quinn"}))) == 2
    event = AuditEvent.objects.get(action="appointments.exported")
    assert event.data == {
        "rows": 1, "filters": {}, "searched": True, "patients": [str(zoe.pk)],
    }  # fmt: skip


HOSTILE = ["=cmd|' /C calc'!A0", "+Ann", "-Ann", "@SUM(A1)", "\tAnn", "=1+1\r\n=2", '"=1+1"']


def test_hostile_names_stay_words(staff: Client, world: World) -> None:
    for number, name in enumerate(HOSTILE):
        clock = f"{9 + number // 4:02}:{number % 4 * 15:02}"
        world.book(clock, patient=factories.patient(name=name), doctor=world.ada)

    _head, *rows = rows_of(staff.get(reverse(EXPORT)))

    assert [row[6] for row in rows] == [f"'{name}" for name in HOSTILE[:-1]] + [HOSTILE[-1]]
    assert {len(row) for row in rows} == {13}


def test_a_file_of_very_many_is_refused(
    staff: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS", 1)
    world.book("09:00")
    world.book("10:00")
    answer = staff.get(reverse(EXPORT), follow=True)
    assert "These are more than 1 visits" in answer.content.decode()
    assert not AuditEvent.objects.filter(action="appointments.exported").exists()


@pytest.mark.parametrize("query", [{"status__exact": "\0"}, {"doctor__id__exact": "x"}, {"e": "1"}])
def test_what_cannot_be_looked_for_gives_no_file(staff: Client, query: dict[str, str]) -> None:
    answer = staff.get(reverse(EXPORT), query)
    assert answer.status_code in (200, 302)
    assert not AuditEvent.objects.filter(action="appointments.exported", data__rows__gt=0).exists()


def test_only_staff_may_take_it(client: Client, world: World) -> None:
    sync_role_permissions()
    client.force_login(factories.user(Role.OPERATOR, is_staff=True))
    assert client.get(reverse(EXPORT)).status_code == 403


def test_the_day_after_is_not_in_a_week(staff: Client, world: World) -> None:
    factories.cells(world.ada, at("09:00") + dt.timedelta(days=6), 4)
    far = world.book("09:00", start=at("09:00") + dt.timedelta(days=6))
    assert shown(staff.get(reverse(LIST), {"when": "week"})) == []
    assert shown(staff.get(reverse(LIST))) == [far]

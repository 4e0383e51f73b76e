"""Booking for a caller or a walk-in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Patient
from booking.models import Appointment, Override
from tests import factories
from tests.factories import TOMORROW, World, at

BOOK = "/admin/desk/book/"


def fields(world: World, **more: Any) -> dict[str, Any]:
    return {
        "visit_type": world.checkup.pk, "start": f"{TOMORROW}T09:00", "name": "Nora New"
    } | more  # fmt: skip


def test_a_patient_with_a_visit_is_offered_the_time_after_it(staff: Client, world: World) -> None:
    world.book("09:00", doctor=world.bob, patient=world.patient)

    form = staff.get(f"{BOOK}?patient={world.patient.pk}&day={TOMORROW}").context["form"]
    stranger = staff.get(f"{BOOK}?day={TOMORROW}").context["form"]
    refused = staff.post(BOOK, fields(world, patient=world.patient.pk))

    assert form["start"].value() == f"{TOMORROW}T09:15"
    assert stranger["start"].value() == f"{TOMORROW}T09:00"
    assert refused.context["offers"][0].value == f"{TOMORROW}T09:15"


def test_a_new_patient_and_the_visit_are_written_together(staff: Client, world: World) -> None:
    answer = staff.post(
        BOOK,
        fields(world, date_of_birth="1985-03-27", phone="(312) 555-0182", note="Wheelchair",
               doctor=world.bob.pk, reason="Cough"),
    )  # fmt: skip

    assert answer.status_code == 302
    visit = Appointment.objects.get()
    assert (visit.start, visit.doctor, visit.source) == (at("09:00"), world.bob, "desk")
    assert (visit.reason, visit.internal_note) == ("Cough", "Wheelchair")
    assert (visit.patient.name, visit.patient.phone) == ("Nora New", "+13125550182")
    assert visit.patient.date_of_birth == dt.date(1985, 3, 27)
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"patient.created", "appointment.booked", "appointment.noted"} <= actions


def test_a_time_that_is_gone_keeps_what_was_typed_and_leaves_nobody_behind(
    staff: Client, world: World
) -> None:
    world.book("09:00", doctor=world.bob)

    answer = staff.post(BOOK, fields(world, doctor=world.bob.pk, reason="Cough"))

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "That time is taken" in page
    assert 'value="Nora New"' in page
    assert 'value="Cough"' in page
    assert [offer.time for offer in answer.context["offers"]][:2] == ["9:15 am", "9:30 am"]
    assert not Patient.objects.filter(name="Nora New").exists()


def test_a_patient_who_is_elsewhere_then_is_said_so_to_staff(staff: Client, world: World) -> None:
    world.book("09:00", doctor=world.bob, patient=world.patient)
    answer = staff.post(BOOK, fields(world, patient=world.patient.pk))
    assert answer.status_code == 409
    assert "This patient has another visit" in answer.content.decode()


def test_a_rule_asks_for_a_reason_which_is_recorded(
    staff: Client, world: World, clock: Callable[[str], None]
) -> None:
    clock("08:45")  # an hour's notice
    refused = staff.post(BOOK, fields(world))
    assert (refused.status_code, refused.context["is_rule"]) == (409, True)

    staff.post(BOOK, fields(world, override="Walk-in"))

    assert Appointment.objects.get().start == at("09:00")
    assert Override.objects.get().reason == "Walk-in"


def test_likely_duplicates_are_shown_before_somebody_is_written_down_twice(
    staff: Client, world: World
) -> None:
    known = factories.patient(name="Nora Newman", date_of_birth=None)

    asked = staff.post(BOOK, fields(world))
    assert asked.status_code == 409
    assert [each.patient for each in asked.context["alike"]] == [known]
    assert not Appointment.objects.exists()

    staff.post(BOOK, fields(world, is_new="on"))
    assert Appointment.objects.get().patient.name == "Nora New"


def test_choosing_and_searching_keep_what_was_typed(staff: Client, world: World) -> None:
    known = factories.patient(name="Ana Reyes")
    found = staff.post(BOOK, fields(world, name="", q="reyes", find="1", reason="Cough"))
    assert [each.patient for each in found.context["found"]] == [known]
    assert 'value="Cough"' in found.content.decode()

    chosen = staff.post(f"{BOOK}?chosen", fields(world, patient=known.pk, reason="Cough"))
    assert chosen.context["patient"] == known
    assert 'value="Cough"' in chosen.content.decode()

    picked = staff.post(BOOK, fields(world, pick=f"{TOMORROW}T10:30 {world.bob.pk}"))
    assert picked.context["form"]["start"].value() == f"{TOMORROW}T10:30"
    assert picked.context["form"]["doctor"].value() == str(world.bob.pk)
    assert not Appointment.objects.exists()


def test_a_marked_stretch_of_the_day_prefills_time_doctor_and_a_visit_of_that_length(
    staff: Client, world: World
) -> None:
    long = factories.visit_type(world.clinic, world.bob, minutes=45, position=5)
    where = f"?start={TOMORROW}T10:00&doctor={world.bob.pk}&minutes=40"

    initial = staff.get(BOOK + where).context["form"].initial

    assert (initial["start"], initial["doctor"]) == (f"{TOMORROW}T10:00", world.bob.pk)
    assert initial["visit_type"] == long.pk


def test_the_next_free_time_is_prefilled(
    staff: Client, world: World, clock: Callable[[str], None]
) -> None:
    clock("09:20")
    assert staff.get(BOOK).context["form"].initial["start"] == f"{TOMORROW}T09:30"


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"start": "soon"}, {"start": "9999-12-31T00:00"}, {"visit_type": "x"},
     {"doctor": "x"}, {"patient": "x"}, {"phone": "12"}, {"email": "x"},
     {"date_of_birth": "27.3."}],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(
    staff: Client, world: World, wrong: dict[str, str]
) -> None:
    answer = staff.post(BOOK, fields(world, **wrong))
    assert answer.status_code == 400
    assert answer.context["form"].errors
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    "where",
    ["?patient=x", "?doctor=x&start=x&minutes=x", "?fill=x", "?day=x", "?minutes=999999999",
     "times/", "times/?visit_type=x&doctor=x&after=x"],
)  # fmt: skip
def test_an_address_that_says_nothing_is_an_empty_form(
    staff: Client, world: World, where: str
) -> None:
    assert staff.get(BOOK + where).status_code == 200


def test_found_people_come_with_their_next_visits(staff: Client, world: World) -> None:
    visit = world.book("09:00", patient=factories.patient(name="Ana Reyes"))

    page = staff.post("/admin/desk/find/", {"q": "reyes"}, headers={"X-Requested-With": "fetch"})

    text = page.content.decode()
    assert "<html" not in text
    assert "Ana Reyes" in text
    assert str(visit.pk) in text


def test_the_portal_counts_what_waits_and_shows_today(
    staff: Client, world: World, clock: Callable[[str], None]
) -> None:
    asked = factories.visit_type(world.clinic, world.ada, needs_approval=True)
    world.book("09:00", visit_type=asked)
    world.book("11:30")
    clock("08:00")

    page = staff.get("/admin/")

    glance = page.context["glance"]
    assert (glance["visits"], glance["requests"], glance["unclosed"]) == (1, 1, 0)
    items = [item for group in page.context["sidebar_navigation"] for item in group["items"]]
    assert [item["badge"] for item in items if "badge" in item] == ["1"]


def test_the_menu_holds_what_one_may_open(client: Client, staff: Client, world: World) -> None:
    from accounts.models import Role

    def titles() -> set[str]:
        groups = client.get("/admin/").context["sidebar_navigation"]
        return {str(item["title"]) for group in groups for item in group["items"]}

    seen = titles()
    assert {"The day", "Patients", "Working hours", "Audit trail"} <= seen
    assert "Logins" not in seen
    client.force_login(factories.user(Role.OPERATOR, is_staff=True))
    assert "Logins" in titles()
    assert not {"The day", "Patients"} & titles()


def test_whom_a_search_showed_is_written_down_and_not_what_was_looked_for(
    staff: Client, world: World
) -> None:
    found = factories.patient(name="Maria Lopez")

    staff.post(reverse("admin:desk_find"), {"q": "lopez"})
    staff.post(reverse("admin:desk_find"), {"q": "nobody of that name"})
    staff.post(reverse("admin:desk_book"), {"q": "lopez", "find": "1"})

    seen = AuditEvent.objects.filter(action="desk.patients_found")
    assert [event.data for event in seen] == 2 * [{"patients": [str(found.pk)]}]

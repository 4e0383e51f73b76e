"""One visit at the desk: what is shown, done, refused, moved and recorded."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from booking import operations
from booking.models import Appointment, ChangeRequest, Override, Status
from tests import factories
from tests.factories import SYSTEM, TOMORROW, World, at


def url(name: str, visit: Appointment, *more: object) -> str:
    return reverse(f"admin:desk_{name}", args=[visit.pk, *more])


def do(staff: Client, visit: Appointment, verb: str, **data: str) -> str:
    """What is said then."""
    answer = staff.post(url("do", visit, verb), data)
    assert answer.status_code == 302
    visit.refresh_from_db()
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def move(staff: Client, visit: Appointment, clock: str, **data: object) -> object:
    fields = {"start": f"{TOMORROW}T{clock}", "version": visit.version} | data
    answer = staff.post(url("move", visit), fields, headers={"Accept": "application/json"})
    visit.refresh_from_db()
    return answer


def test_to_open_a_visit_is_recorded(staff: Client, world: World) -> None:
    visit = world.book("09:00", reason="Sore throat")
    page = staff.get(url("visit", visit)).content.decode()

    assert "Sore throat" in page
    assert visit.patient.email in page
    event = AuditEvent.objects.get(action="appointment.viewed")
    assert (event.subject_id, event.patient_id) == (str(visit.pk), visit.patient_id)


def test_a_hold_is_no_page(staff: Client, world: World) -> None:
    assert staff.get(url("visit", world.hold("09:00"))).status_code == 404


def test_the_day_of_a_visit_step_by_step_and_back(
    staff: Client, world: World, clock: Callable[[str], None]
) -> None:
    visit = world.book("09:00")
    clock("09:00")

    assert "has arrived" in do(staff, visit, "check-in")
    assert visit.status == Status.CHECKED_IN
    assert "done" in do(staff, visit, "complete")
    assert "Taken back" in do(staff, visit, "undo", seen="completed")
    assert visit.status == Status.CHECKED_IN
    do(staff, visit, "undo", seen="completed")  # a second tap of the same button
    assert visit.status == Status.CHECKED_IN


def test_a_missed_visits_time_can_be_filled(
    staff: Client, world: World, clock: Callable[[str], None]
) -> None:
    visit = world.book("09:00", doctor=world.bob)
    clock("09:05")
    do(staff, visit, "no-show")
    page = staff.get(url("visit", visit)).content.decode()
    assert "Fill this time" in page

    form = staff.get(f"/admin/desk/book/?fill={visit.pk}").context["form"]

    assert form.initial["doctor"] == world.bob.pk
    assert form.initial["start"] == f"{TOMORROW}T09:15"


@pytest.mark.parametrize("verb", ["decline", "cancel"])
def test_what_the_patient_reads_is_needed(staff: Client, world: World, verb: str) -> None:
    asked = factories.visit_type(world.clinic, world.ada, needs_approval=True)
    visit = world.book("09:00", visit_type=asked)

    assert "reason" in do(staff, visit, verb, reason=" ")
    assert visit.status == Status.PENDING
    do(staff, visit, verb, reason="The doctor is ill")
    assert visit.status in (Status.DECLINED, Status.CANCELLED)


def test_the_second_to_answer_is_told_who_was_first(staff: Client, world: World) -> None:
    asked = factories.visit_type(world.clinic, world.ada, needs_approval=True)
    visit = world.book("09:00", visit_type=asked)
    do(staff, visit, "accept")

    said = do(staff, visit, "decline", reason="No")

    assert "Accepted by Robin Castellano" in said
    assert visit.status == Status.BOOKED


def test_what_nobody_can_do_is_no_page(staff: Client, world: World) -> None:
    visit = world.book("09:00")
    assert staff.post(url("do", visit, "delete")).status_code == 404
    assert staff.get(url("do", visit, "check-in")).status_code == 405


def test_a_form_does_not_lead_away_from_the_site(staff: Client, world: World) -> None:
    visit = world.book("09:00")
    answer = staff.post(url("note", visit), {"note": "a", "next": "https://evil.example/"})
    assert answer["Location"] == url("visit", visit)
    answer = staff.post(url("note", visit), {"note": "b", "next": "/admin/desk/"})
    assert answer["Location"] == "/admin/desk/"


def test_a_drag_moves_time_and_doctor(staff: Client, world: World) -> None:
    visit = world.book("09:00", doctor=world.ada)

    answer = move(staff, visit, "10:00", doctor=world.bob.pk)

    assert answer.json()["event"]["extendedProps"]["version"] == visit.version == 2
    assert (visit.start, visit.doctor) == (at("10:00"), world.bob)


@pytest.mark.parametrize(
    ("clock", "is_rule", "said"),
    [("11:00", False, "taken"), ("15:00", True, "outside of the hours")],
)
def test_a_refused_drag_says_why_and_whether_a_reason_helps(
    staff: Client, world: World, clock: str, is_rule: bool, said: str
) -> None:
    visit = world.book("09:00", doctor=world.ada)
    world.book("11:00", doctor=world.ada)

    answer = move(staff, visit, clock)

    assert answer.status_code == 409
    assert answer.json()["is_rule"] is is_rule
    assert said in answer.json()["reason"]
    assert visit.start == at("09:00")


def test_a_rule_is_broken_with_a_reason(staff: Client, world: World) -> None:
    visit = world.book("09:00", doctor=world.ada)
    assert move(staff, visit, "15:00", override="Urgent").status_code == 200
    assert visit.start == at("15:00")
    assert Override.objects.get(appointment=visit).rules == ["hours"]


def test_no_reason_makes_a_doctor_offer_what_he_does_not(staff: Client, world: World) -> None:
    visit = world.book("09:00", doctor=world.ada)
    world.checkup.doctors.remove(world.bob)

    answer = move(staff, visit, "10:00", doctor=world.bob.pk, override="Urgent")

    assert (answer.status_code, answer.json()["is_rule"]) == (409, False)
    assert "Bob Brown does not offer" in answer.json()["reason"]


def test_a_page_that_is_out_of_date_moves_nothing(staff: Client, world: World) -> None:
    visit = world.book("09:00", doctor=world.ada)
    operations.reschedule(appointment=visit, start=at("10:00"), by=SYSTEM, now=world.now)

    answer = move(staff, visit, "11:00", version=1)

    assert answer.status_code == 409
    assert "Moved by the system" in answer.json()["reason"]
    assert visit.start == at("10:00")


@pytest.mark.parametrize(
    "data",
    [{}, {"start": "x"}, {"start": "9999-12-31T23:59"}, {"place": "2026-06-02T10:00 nobody"},
     {"start": "2026-06-02T10:00", "version": "0"}, {"start": "2026-06-02T10:00Z"}],
)  # fmt: skip
def test_what_is_no_time_is_refused_kindly(
    staff: Client, world: World, data: dict[str, str]
) -> None:
    visit = world.book("09:00")
    for accept in ("application/json", "text/html"):
        answer = staff.post(url("move", visit), {"version": 1} | data, headers={"Accept": accept})
        assert answer.status_code == 409


def test_the_page_offers_times_without_notice_the_own_doctor_first(
    staff: Client, world: World, clock: Callable[[str], None]
) -> None:
    visit = world.book("11:00", doctor=world.bob)
    clock("09:20")

    page = staff.get(url("move", visit))

    (first, times), (second, _others) = page.context["offers"]
    assert (first, second) == (world.bob, world.ada)
    assert times[0].start == at("09:30")
    assert staff.get(url("move", visit) + "?day=9999-99-99").status_code == 200


def test_late_wishes_are_answered_once(
    staff: Client, world: World, clock: Callable[[str], None]
) -> None:
    patient = factories.patient(with_login=True)
    visit = world.book("09:00", patient=patient)
    wish = operations.ask_change(
        appointment=visit, kind=ChangeRequest.Kind.CANCEL, message="I am ill",
        by=SYSTEM, now=world.now,
    )  # fmt: skip
    address = reverse("admin:desk_change", args=[wish.pk])
    assert "I am ill" in staff.get("/admin/desk/requests/").content.decode()

    staff.post(address, {"outcome": "open"})
    staff.post(address, {"outcome": "refused", "answer": ""})
    wish.refresh_from_db()
    assert wish.status == ChangeRequest.Status.OPEN
    staff.post(address, {"outcome": "done"})
    staff.post(address, {"outcome": "refused", "answer": "Too late"})

    wish.refresh_from_db()
    visit.refresh_from_db()
    assert (wish.status, visit.status) == (ChangeRequest.Status.DONE, Status.CANCELLED)


@pytest.mark.parametrize("where", ["no-such-view", "//evil.example/", "a\0b", "x:y", ""])
def test_the_way_back_is_a_path_of_ours_or_the_visit(
    staff: Client, world: World, where: str
) -> None:
    visit = world.book("09:00")

    answer = staff.post(url("note", visit), {"note": "Rings twice", "next": where})

    assert (answer.status_code, answer["Location"]) == (302, url("visit", visit))


def test_what_no_column_holds_is_refused_and_never_cut(staff: Client, world: World) -> None:
    visit = world.book("09:00")

    assert "fewer words" in do(staff, visit, "cancel", reason="x" * 501)
    assert visit.status == Status.BOOKED
    for note, kept in (("a\0b\r\nc", "ab\nc"), ("x" * 2001, "ab\nc")):
        assert staff.post(url("note", visit), {"note": note}).status_code == 302
        visit.refresh_from_db()
        assert visit.internal_note == kept
    assert "Cancelled" in do(staff, visit, "cancel", reason="Moved\0 away")
    assert visit.cancel_reason == "Moved away"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "99999-01-01", "x"])
def test_a_day_that_nobody_means_shows_the_visits_own(
    staff: Client, world: World, day: str
) -> None:
    visit = world.book("09:00")

    page = staff.get(url("move", visit), {"day": day})

    assert (page.status_code, page.context["day"]) == (200, TOMORROW)


def test_a_move_without_the_version_that_was_seen_says_what_is_missing(
    staff: Client, world: World
) -> None:
    visit = world.book("09:00")

    answer = move(staff, visit, "10:00", version="")

    assert answer.status_code == 409
    assert answer.json()["reason"]

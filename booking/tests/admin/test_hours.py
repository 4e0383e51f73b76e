"""Working hours, time off and public holidays in the portal: no visit is lost by them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from booking import operations
from booking.models import Appointment, Slot, SlotStatus, TimeOff, VisitType, WorkingHours
from clinic.lib.times import instant, iso_z, local_day
from tests import factories
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db


def test_time_off_over_visits_leads_to_them(
    staff: Client, clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    visit = booked(clinic, doctor)
    answer = staff.post(
        reverse("admin:booking_timeoff_add"),
        {
            "clinic": clinic.pk, "doctor": "", "kind": "holiday", "note": "",
            "start_0": (day := local_day(visit.start, clinic.zone)).isoformat(), "start_1": "00:00",
            "end_0": (day + dt.timedelta(days=1)).isoformat(), "end_1": "00:00",
        },
    )  # fmt: skip

    time_off = TimeOff.objects.get()
    assert answer["Location"] == reverse("away", args=[time_off.pk])
    assert time_off.affected.get().appointment == visit
    assert AuditEvent.objects.filter(action="timeoff.created").count() == 1


def test_deleting_several_at_once_opens_their_time_too(
    staff: Client, clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    now = timezone.now()
    for days in (2, 3):
        operations.add_time_off(
            clinic=clinic, start=now + dt.timedelta(days=days), by=SYSTEM, now=now,
            end=now + dt.timedelta(days=days + 1), doctor=doctor,
        )  # fmt: skip
    assert Slot.objects.filter(status=SlotStatus.BLOCKED).exists()

    staff.post(
        reverse("admin:booking_timeoff_changelist"),
        {
            "action": "delete_selected",
            "_selected_action": list(TimeOff.objects.values_list("pk", flat=True)),
            "post": "yes",
        },
    )

    assert not TimeOff.objects.exists()
    assert not Slot.objects.filter(status=SlotStatus.BLOCKED).exists()


def test_time_off_that_somebody_is_at_work_on_is_not_deleted_and_staff_are_told(
    staff: Client,
    clinic: factories.Clinic,
    doctor: factories.Doctor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = timezone.now()
    off = operations.add_time_off(
        clinic=clinic, start=now, by=SYSTEM, now=now, end=now + dt.timedelta(days=1), doctor=doctor
    )

    def busy(**fields: object) -> None:
        raise operations.Busy

    monkeypatch.setattr(operations, "remove_time_off", busy)
    told = staff.post(
        reverse("admin:booking_timeoff_changelist"),
        {"action": "delete_selected", "_selected_action": [off.pk], "post": "yes"},
        follow=True,
    )

    assert str(operations.Busy()) in told.content.decode()
    assert TimeOff.objects.exists()


def booked(clinic: factories.Clinic, doctor: factories.Doctor) -> Appointment:
    """A visit at 16:30 in the clinic, in three days."""
    now = timezone.now()
    day = local_day(now, clinic.zone) + dt.timedelta(days=3)
    kind = VisitType.objects.filter(clinic=clinic).first()
    return operations.book(
        visit_type=kind or factories.visit_type(clinic, doctor),
        start=instant(day, dt.time(16, 30), clinic.zone),
        patient=factories.patient(), doctor=doctor, by=SYSTEM, now=now,
    )  # fmt: skip


def week(clinic: factories.Clinic, closes: str, **more: object) -> dict[str, object]:
    """What the form of a week sends: every day from nine."""
    data: dict[str, object] = {"week-TOTAL_FORMS": 7, "week-INITIAL_FORMS": 0, "slot_minutes": 30}
    for day in range(7):
        data |= {
            f"week-{day}-weekday": day,
            f"week-{day}-opens": "09:00",
            f"week-{day}-closes": closes,
        }
    return data | more


def closings(doctor: factories.Doctor) -> set[str]:
    return {f"{row.closes:%H:%M}" for row in WorkingHours.objects.filter(doctor=doctor)}


def test_a_week_is_changed_on_one_page_and_the_grid_follows(
    staff: Client, clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    address = reverse("admin:booking_hours_of", args=[doctor.pk])
    assert staff.get(address).status_code == 200
    before = Slot.objects.filter(doctor=doctor).count()

    answer = staff.post(address, week(clinic, "13:00") | {"week-6-DELETE": "on"})

    assert answer.status_code == 302
    assert closings(doctor) == {"13:00"} and WorkingHours.objects.count() == 6
    assert Slot.objects.filter(doctor=doctor).count() < before / 2 + 16


def test_hours_that_overlap_or_run_backwards_are_shown_again(
    staff: Client, clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    address = reverse("admin:booking_hours_of", args=[doctor.pk])

    wrongs: list[dict[str, object]] = [
        {"week-1-weekday": 0},
        {"week-1-closes": "08:00"},
        {"week-1-opens": ""},
        {"week-1-opens": "nine"},
        {"slot_minutes": 7},
        {"week-TOTAL_FORMS": "x"},
    ]
    for wrong in wrongs:
        assert staff.post(address, week(clinic, "13:00") | wrong).status_code == 400

    assert closings(doctor) == {"17:00"}


def test_nothing_is_applied_while_a_visit_stands_in_the_way(
    staff: Client, clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    visit = booked(clinic, doctor)
    address = reverse("admin:booking_hours_of", args=[doctor.pk])

    answer = staff.post(address, week(clinic, "13:00"))

    assert answer.status_code == 409
    assert visit.patient.name in answer.content.decode()
    assert closings(doctor) == {"17:00"}
    do, to = f"do-{visit.pk}", f"to-{visit.pk}"
    for half in ({do: "keep"}, {do: "move"}, {do: "move", to: "x"}, {do: "cancel"}, {do: "?"}):
        answer = staff.post(address, week(clinic, "13:00", **half))
        assert answer.status_code == 409
    assert closings(doctor) == {"17:00"}


def test_a_visit_may_be_kept_outside_for_a_reason(
    staff: Client, clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    visit = booked(clinic, doctor)
    decided = {f"do-{visit.pk}": "keep", f"why-{visit.pk}": "She comes from far"}

    answer = staff.post(
        reverse("admin:booking_hours_of", args=[doctor.pk]), week(clinic, "13:00", **decided)
    )

    visit.refresh_from_db()
    assert answer.status_code == 302
    assert closings(doctor) == {"13:00"}
    assert (visit.status, visit.outside_hours) == ("booked", True)
    assert visit.overrides.get().reason == "She comes from far"


@pytest.mark.parametrize("action", ["keep", "cancel"])
def test_a_reason_that_is_too_long_is_refused_and_stays_typed(
    staff: Client, clinic: factories.Clinic, doctor: factories.Doctor, action: str
) -> None:
    visit = booked(clinic, doctor)
    decided = {f"do-{visit.pk}": action, f"why-{visit.pk}": "long " * 101}

    answer = staff.post(
        reverse("admin:booking_hours_of", args=[doctor.pk]), week(clinic, "13:00", **decided)
    )

    visit.refresh_from_db()
    assert answer.status_code == 409
    assert "long " * 100 in answer.content.decode()
    assert (visit.status, closings(doctor)) == ("booked", {"17:00"})


def test_a_visit_may_be_moved_or_cancelled_to_make_way(
    staff: Client, clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    moved, cancelled = booked(clinic, doctor), None
    earlier = instant(local_day(moved.start, clinic.zone), dt.time(10), clinic.zone)
    cancelled = operations.book(
        visit_type=moved.visit_type, start=moved.start - dt.timedelta(hours=1), doctor=doctor,
        patient=factories.patient(), by=SYSTEM, now=timezone.now(),
    )  # fmt: skip
    decided = {
        f"do-{moved.pk}": "move",
        f"to-{moved.pk}": f"{iso_z(earlier)}/{doctor.pk}",
        f"do-{cancelled.pk}": "cancel",
        f"why-{cancelled.pk}": "The afternoon is closed",
    }

    answer = staff.post(
        reverse("admin:booking_hours_of", args=[doctor.pk]), week(clinic, "13:00", **decided)
    )

    moved.refresh_from_db()
    cancelled.refresh_from_db()
    assert answer.status_code == 302
    assert (moved.start, moved.status) == (earlier, "booked")
    assert (cancelled.status, cancelled.cancel_reason) == ("cancelled", "The afternoon is closed")


def test_hours_rows_are_only_looked_at(
    staff: Client, clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    """Neither one row nor several at once can be taken away behind a visit's back."""
    rows = WorkingHours.objects.filter(doctor=doctor)
    row = rows.first()
    for name in ("delete", "change"):
        address = reverse(f"admin:booking_workinghours_{name}", args=[row.pk])
        assert staff.post(address, {"post": "yes"}).status_code == 403
    staff.post(
        reverse("admin:booking_workinghours_changelist"),
        {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"},
    )
    assert rows.count() == 7


def test_public_holidays_are_looked_at_and_then_applied_once(
    staff: Client, clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    year = local_day(timezone.now(), clinic.zone).year + 1
    address = reverse("admin:booking_holidays")
    place = {"country": "US", "region": "IL", "years": [year]}

    shown = staff.get(address, place)
    assert shown.status_code == 200 and "Lincoln" in shown.content.decode()
    assert not TimeOff.objects.exists()
    for _twice in range(2):
        wanted = [f"{year}-07-04", f"{year}-12-25", f"{year}-03-03"]  # the last is none
        assert staff.post(address, place | {"day": wanted}).status_code == 302

    days = [local_day(off.start, clinic.zone).isoformat() for off in TimeOff.objects.all()]
    assert sorted(days) == wanted[:2]
    assert {off.doctor for off in TimeOff.objects.all()} == {None}


def test_a_country_or_region_that_is_none_closes_nothing(
    staff: Client, clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    address = reverse("admin:booking_holidays")
    year = timezone.now().year + 1
    for wrong in ({"country": "XX"}, {"country": "US", "years": ["soon"]}, {"country": ""}):
        assert staff.post(address, {"day": f"{year}-07-04"} | wrong).status_code == 400
    assert staff.get(address, {"country": "DE", "region": "IL"}).status_code == 200
    assert not TimeOff.objects.exists()

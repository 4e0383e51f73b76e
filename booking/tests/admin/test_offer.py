"""What staff enter in the portal, in a clinic that does not live in UTC."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking import operations, queries, uses
from booking.models import Resource, Slot, SlotStatus, TimeOff
from clinic.lib.times import local_day
from tests import factories

pytestmark = pytest.mark.django_db


def test_time_off_is_entered_in_the_clinics_time(
    staff: Client, clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    day = local_day(timezone.now(), clinic.zone) + dt.timedelta(days=3)
    answer = staff.post(
        reverse("admin:booking_timeoff_add"),
        {
            "clinic": clinic.pk, "doctor": doctor.pk, "kind": "leave", "note": "",
            "start_0": day.isoformat(), "start_1": "09:00:00",
            "end_0": day.isoformat(), "end_1": "12:00:00",
        },
    )  # fmt: skip
    assert answer.status_code == 302

    blocked = Slot.objects.filter(status=SlotStatus.BLOCKED).order_by("start")
    shown = [slot.start.astimezone(clinic.zone).strftime("%H:%M") for slot in blocked]
    assert shown == ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]
    assert "09:00" in str(TimeOff.objects.get())


def test_staff_say_what_a_visit_type_needs_and_the_free_times_follow(
    staff: Client, clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    visit_type = factories.visit_type(clinic, doctor)
    staff.post(
        reverse("admin:booking_resource_add"),
        {"clinic": clinic.pk, "kind": "equipment", "name": "Ultrasound", "active": "on"},
    )
    device = Resource.objects.get(name="Ultrasound")
    form = {
        "clinic": clinic.pk, "name": visit_type.name, "slug": visit_type.slug, "minutes": 15,
        "buffer_before": 0, "buffer_after": 0, "notice_minutes": 60, "horizon_days": 60,
        "change_notice_minutes": 60, "doctors": [doctor.pk], "active": "on", "position": 0,
        "needs-TOTAL_FORMS": 1, "needs-INITIAL_FORMS": 0, "needs-0-name": "Ultrasound",
        "needs-0-resources": [device.pk],
    }  # fmt: skip

    answer = staff.post(reverse("admin:booking_visittype_change", args=[visit_type.pk]), form)

    assert answer.status_code == 302
    assert uses.needs_of(visit_type) == [[device.pk]]
    staff.post(
        reverse("admin:booking_resource_change", args=[device.pk]),
        {"clinic": clinic.pk, "kind": "equipment", "name": "Ultrasound"},
    )
    assert uses.needs_of(visit_type) == [[]]


def test_a_room_that_visits_have_had_is_not_deleted(
    staff: Client, clinic: factories.Clinic, doctor: factories.Doctor
) -> None:
    room = factories.room(clinic)
    visit_type = factories.visit_type(clinic, doctor)
    factories.need(visit_type, room)
    now = timezone.now()
    start = queries.next_free(visit_type=visit_type, after=now, now=now).start
    operations.book(
        visit_type=visit_type,
        start=start,
        patient=factories.patient(),
        by=factories.SYSTEM,
        now=now,
    )

    staff.post(reverse("admin:booking_resource_delete", args=[room.pk]), {"post": "yes"})

    assert Resource.objects.filter(pk=room.pk).exists()

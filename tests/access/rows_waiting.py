"""The waiting list: a patient's place on it, and the page behind the link of an offer."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from booking.models import WaitlistEntry
from clinic.lib.times import local_day
from tests.access.matrix import Row, everyone, looked_after, portal, signed_in


def entry(t: Any) -> dict[str, Any]:
    today = local_day(timezone.now(), t.visit_type.clinic.zone)
    made, _created = WaitlistEntry.objects.get_or_create(
        patient=t.patient,
        visit_type=t.visit_type,
        defaults={
            "clinic": t.visit_type.clinic,
            "earliest": today,
            "latest": today,
            "created_at": timezone.now(),
            "created_by": "test",
        },
    )
    return {"pk": made.pk}


def kind(t: Any) -> dict[str, Any]:
    return {"slug": t.visit_type.slug}


def wish(t: Any) -> dict[str, Any]:
    today = local_day(timezone.now(), t.visit_type.clinic.zone).isoformat()
    return {"earliest": today, "latest": today, "patient": t.patient.pk}


# Who is no patient says first who he is.
NO_PATIENT = dict.fromkeys(("treating_doctor", "other_doctor", "staff", "operator"), 302)

ROWS = [
    Row(
        "admin/booking/waitlistentry/<path:object_id>/answer/",
        GET=portal("staff"),
        POST=portal("staff"),
        at=lambda t: {"object_id": t.rows["booking/waitlistentry"].pk},
    ),
    Row(
        "waiting/new/<slug:slug>/",
        GET=signed_in(200, **NO_PATIENT),
        POST=signed_in(302),
        at=kind,
        send=wish,
    ),
    Row(
        "waiting/<uuid:pk>/",
        GET=looked_after(200),
        POST=looked_after(302),
        at=entry,
        send=wish,
    ),
    Row(
        "waiting/<uuid:pk>/leave/",
        GET=looked_after(200),
        POST=looked_after(302),
        at=entry,
    ),
    # Who has the link needs no sign-in; this one is forged.
    Row("offer/<str:token>/", GET=everyone(404), POST=everyone(404), at=lambda t: {"token": "x"}),
]

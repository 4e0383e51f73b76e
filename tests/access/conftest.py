"""The eight persons, and the things that belong to the first patient."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import (
    AuditEvent,
    Care,
    Doctor,
    EmergencyAccess,
    Patient,
    Role,
    SignIn,
    User,
)
from accounts.operations import open_treating, tokens
from accounts.operations.roles import sync_role_permissions
from booking import operations
from booking.models import (
    Appointment,
    FreedTime,
    Offer,
    TimeOff,
    VisitType,
    WaitlistEntry,
    WorkingHours,
)
from clinic.lib.actor import Actor
from notifications.models import Message
from notifications.operations import suppress
from tests import factories
from tests.access.matrix import PERSONS


@dataclass
class Things:
    users: dict[str, User]
    sessions: dict[str, str]
    patient: Patient
    other_patient: Patient
    doctor: Doctor
    visit_type: VisitType
    start: dt.datetime  # of a time that is free
    appointment: Appointment  # the patient's, with the doctor, far enough ahead to be changed
    hold: Appointment  # of the patient
    rows: dict[str, Any]  # one of each model that the portal shows: "accounts/user"

    def client(self, person: str, **options: Any) -> Client:
        client = Client(**options)
        if person != "anonymous":
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[person]
        return client


def _session_of(user: User, *, holder: str) -> str:
    client = Client()
    client.force_login(user)
    session = client.session
    session["holder"] = holder
    session.save()
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _make() -> Things:
    sync_role_permissions()
    now = timezone.now()
    clinic = factories.clinic()
    doctor, other_doctor = factories.doctor(clinic), factories.doctor(clinic)
    visit_type = factories.visit_type(
        clinic, doctor, other_doctor, slug="check-up", documents_asked="A letter"
    )
    # Within the days in which a visit may be confirmed, whatever the hour is now.
    start = (now + dt.timedelta(days=6)).replace(hour=9, minute=0, second=0, microsecond=0)
    for someone in (doctor, other_doctor):
        factories.cells(someone, start, 12)
    patient = factories.patient(with_login=True)
    other_patient = factories.patient(with_login=True)
    users = {
        "patient": patient.user,
        "other_patient": other_patient.user,
        "carer": factories.patient(with_login=True).user,
        "treating_doctor": factories.user(Role.DOCTOR),
        "other_doctor": factories.user(Role.DOCTOR),
        "staff": factories.user(Role.STAFF, is_staff=True),
        "operator": factories.user(Role.OPERATOR, is_staff=True),
    }
    care = Care.objects.create(
        user=users["carer"], patient=patient, opened_at=now, opened_by="test"
    )
    for row, person in ((doctor, "treating_doctor"), (other_doctor, "other_doctor")):
        row.user = users[person]
        row.save()
    appointment = operations.book(
        visit_type=visit_type,
        start=start,
        doctor=doctor,
        patient=patient,
        group=uuid.uuid4(),
        by=Actor.system("test"),
        now=now,
    )
    open_treating(
        patient=patient, doctor=doctor, visit_end=appointment.end, by=Actor.system("test"), now=now
    )
    hold = operations.hold(
        visit_type=visit_type,
        start=start + dt.timedelta(hours=2),
        holder="of-the-patient",
        by=Actor.system("test"),
        now=now,
    )
    token, _text = tokens.issue(user=patient.user, now=now, by=Actor.system("test"))
    entry, offer = _waiting(other_patient, doctor, now)
    rows = {
        "booking/waitlistentry": entry,
        "booking/freedtime": offer.freed,
        "booking/offer": offer,
        "accounts/auditevent": AuditEvent.objects.latest("id"),
        "accounts/care": care,
        "accounts/clinic": clinic,
        "accounts/doctor": doctor,
        "accounts/patient": patient,
        "accounts/apitoken": token,
        "accounts/emergencyaccess": _emergency(other_doctor, patient, now),
        "accounts/signin": SignIn.objects.create(
            user=patient.user, session_key="of-another-browser", started_at=now, seen_at=now
        ),
        "accounts/user": patient.user,
        "documents/document": factories.document(patient),
        "auth/group": Group.objects.get(name=Role.STAFF),
        "notifications/message": Message.objects.latest("created_at"),
        "notifications/suppression": suppress(
            channel="email",
            address="wrong@example.org",
            reason="bounce",
            by=Actor.system("test"),
            now=now,
        ),
        "booking/appointment": appointment,
        "booking/visittype": visit_type,
        "booking/resource": factories.room(clinic),
        "booking/workinghours": _hours(doctor),
        "booking/timeoff": _time_off(doctor),
    }
    return Things(
        rows=rows,
        users=users,
        sessions={
            person: _session_of(user, holder="of-the-patient" if person == "patient" else person)
            for person, user in users.items()
        },
        patient=patient,
        other_patient=other_patient,
        doctor=doctor,
        visit_type=visit_type,
        start=start + dt.timedelta(hours=1),
        appointment=appointment,
        hold=hold,
    )


def _waiting(patient: Patient, doctor: Doctor, now: dt.datetime) -> tuple[WaitlistEntry, Offer]:
    """Somebody who waits, and had an offer to which the answer was no."""
    kind = factories.visit_type(doctor.clinic, doctor, slug="waited-for")
    start = (now + dt.timedelta(days=9)).replace(hour=9, minute=0, second=0, microsecond=0)
    factories.cells(doctor, start, 1)
    by = {"by": Actor.system("test"), "now": now}
    wish = operations.Wishes(earliest=start.date(), latest=start.date())
    entry = operations.join_waitlist(patient=patient, visit_type=kind, wish=wish, **by)
    hold = operations.hold(visit_type=kind, start=start, holder="waitlist:test", **by)
    operations.release(hold=hold, **by)
    freed = FreedTime.objects.create(
        doctor=doctor,
        start=start,
        end=hold.end,
        cause=FreedTime.Cause.CANCELLED,
        freed_at=now,
        look_after=now,
        offers_made=1,
    )
    offer = Offer.objects.create(
        entry=entry,
        freed=freed,
        hold=hold,
        status=Offer.Status.DECLINED,
        made_at=now,
        expires_at=hold.held_until,
        answered_at=now,
    )
    return entry, offer


def _emergency(doctor: Doctor, patient: Patient, now: dt.datetime) -> EmergencyAccess:
    """One that is over: it opens nothing."""
    return EmergencyAccess.objects.create(
        patient=patient,
        doctor=doctor,
        user_id=doctor.user_id,
        reason="Unconscious in our emergency room",
        opened_at=now - dt.timedelta(days=2),
        ends_at=now - dt.timedelta(days=1),
    )


def _hours(doctor: Doctor) -> WorkingHours:
    factories.hours(doctor, "09:00", "12:00", weekdays=[0])
    return WorkingHours.objects.get(doctor=doctor)


def _time_off(doctor: Doctor) -> TimeOff:
    start = timezone.now() + dt.timedelta(days=30)
    return TimeOff.objects.create(
        clinic=doctor.clinic, doctor=doctor, start=start, end=start + dt.timedelta(days=1)
    )


@pytest.fixture
def things(db: None) -> Things:
    made = _make()
    assert set(made.users) == set(PERSONS) - {"anonymous"}
    return made

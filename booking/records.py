"""What a doctor may see of whose documents, and why: reads for the doctor's pages of records."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts.models import Doctor, EmergencyAccess, Patient, User
from accounts.operations import record_list
from booking import asked, schedule
from booking.models import Appointment
from clinic.lib.actor import Actor
from documents.models import Document, DocumentStatus, Share

# More than this nobody shares with one doctor; the oldest are left out.
MOST_SHARED = 200
MOST_HOURS = 20


def shared_with(doctor: Doctor, *, by: Actor, now: dt.datetime) -> list[Share]:
    """Documents that patients let the doctor read, the newest share first; who is on the list is
    recorded."""
    shares = Share.objects.current().filter(
        doctor=doctor,
        doctor__active=True,
        document__deleted_at__isnull=True,
        document__status=DocumentStatus.READY,
    )
    found = list(
        shares.select_related("document__patient").order_by("-opened_at", "-pk")[:MOST_SHARED]
    )
    record_list(
        action="documents.listed",
        of=Document,
        patient_ids=[share.document.patient_id for share in found],
        by=by,
        now=now,
        data={"ground": "shared"},
    )
    return found


def own_visit_of(doctor: Doctor, patient_id: uuid.UUID) -> Appointment | None:
    """The newest visit of the patient with this doctor: the doctor knows the name from it."""
    return schedule.of_doctor(doctor).filter(patient=patient_id).order_by("-start").first()


def asked_of(doctor: Doctor, patient: Patient, *, now: dt.datetime) -> list[asked.Asked]:
    """What the patient's visits to come with this doctor ask for."""
    to_come = Appointment.objects.upcoming(now=now).filter(doctor=doctor, patient=patient)
    visits = list(to_come.select_related("visit_type"))
    asked.look_up(visits)
    return [wanted for visit in visits if (wanted := asked.of_visit(visit))]


def emergency_now(user: User, patient: Patient, *, now: dt.datetime) -> EmergencyAccess | None:
    mine = EmergencyAccess.objects.active(now=now).filter(user_id=user.pk)
    return mine.filter(patient=patient).order_by("-ends_at").first()


def emergencies_now(user: User, *, by: Actor, now: dt.datetime) -> list[EmergencyAccess]:
    """The records that are open to the doctor in an emergency at this moment; whose they are is
    shown, and so recorded."""
    mine = EmergencyAccess.objects.active(now=now).filter(user_id=user.pk)
    found = list(mine.select_related("patient").order_by("ends_at")[:MOST_HOURS])
    record_list(
        action="emergencies.listed",
        of=EmergencyAccess,
        patient_ids=[access.patient_id for access in found],
        by=by,
        now=now,
        data={"ground": "emergency"},
    )
    return found

"""Documents of the demonstration: brought after its transaction, checked like any other."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
from collections.abc import Callable
from typing import NamedTuple

from accounts.models import Doctor, Patient, Role, User
from booking import operations
from booking.demo import papers
from booking.demo.logins import LOGINS
from booking.demo.world import World
from booking.models import Appointment, Status, WantedDocument
from clinic.lib.actor import Actor
from clinic.lib.times import day_bounds, local_day
from documents import operations as documents
from documents.models import Document, Kind
from notifications import outbox

PDF, JPEG = "application/pdf", "image/jpeg"
ASKED = "Your referral or discharge letter, and the list of your medicines"
VISITS = 4  # of the doctor's next day that ask for something; every other one has it


class Paper(NamedTuple):
    name: str
    kind: Kind
    content_type: str
    make: Callable[[], bytes]


REFERRAL = [
    "Lakeside Family Practice",
    "Referral to the Alder Street Clinic",
    "",
    "Dear colleague,",
    "",
    "thank you for seeing this patient about raised blood pressure.",
    "Three measurements at home: 148/94, 152/96 and 146/92 mmHg.",
    "No chest pain, no shortness of breath, no swelling of the legs.",
    "",
    "With kind regards,",
    "Dr. Miriam Hollis",
]
MEDICINES = [
    "Medicines and earlier findings",
    "",
    "Lisinopril 10 mg, one in the morning (since March)",
    "Vitamin D 1000 IU, one a day",
    "",
    "ECG: sinus rhythm, 72 a minute, normal.",
    "Allergies: none known.",
]
RESULT = [
    "Northside Laboratory",
    "",
    "Haemoglobin      13.9 g/dl",
    "Leukocytes        6.1 /nl",
    "Creatinine        0.8 mg/dl",
    "Potassium         4.2 mmol/l",
    "HbA1c             5.4 %",
    "",
    "All values are within the usual range.",
]
VACCINES = ["Vaccination record", "", "MMR: 2nd dose", "Tdap: due", "Influenza: last autumn"]
INSURANCE = ["Prairie Mutual", "", "Confirmation of cover for the present year."]
DISCHARGE = ["St. Brigid Hospital", "Discharge letter", "", "Stay of three days, no complications."]

LETTER = Paper("Referral.pdf", Kind.REFERRAL, PDF, lambda: papers.letter(REFERRAL, MEDICINES))
BLOOD = Paper("Blood test.jpg", Kind.RESULT, JPEG, lambda: papers.photo(RESULT))
# Refused, with what to do instead.
WORD = "asked-for-on-opening"
LOCKED = Paper(
    "Insurance.pdf", Kind.INSURANCE, PDF, lambda: papers.letter(INSURANCE, password=WORD)
)
SHOTS = Paper("Vaccinations.jpg", Kind.OTHER, JPEG, lambda: papers.photo(VACCINES))
STAY = Paper("Discharge letter.pdf", Kind.LETTER, PDF, lambda: papers.letter(DISCHARGE))


def ask(world: World, doctor: Doctor) -> None:
    """In the transaction of the demonstration: visits of the doctor's next day want a document, and
    so does the next visit of the patient who signs in."""
    by = world.actor(Role.STAFF)
    own = Appointment.objects.filter(
        doctor=doctor,
        status=Status.BOOKED,
        start__gt=world.now,
        patient__user__groups__name=Role.PATIENT,
    ).order_by("start", "pk")
    for visit in [*_next_day(doctor, now=world.now)[:VISITS], *own[:1]]:
        operations.ask_documents(appointment=visit, text=ASKED, by=by, now=world.now)
        outbox.void(about=f"appointment:{visit.pk}", now=world.now)


def bring(*, now: dt.datetime) -> int:
    """After it: what the demonstration's people sent, unless they have. Returns how many documents.

    A store that is away leaves some out; loading the demonstration again brings them.
    """
    people = {login.role: User.objects.filter(email=login.email).first() for login in LOGINS}
    family, staff = people[Role.PATIENT], people[Role.STAFF]
    own = Patient.objects.filter(user=family).first()
    doctor = Doctor.objects.filter(user=people[Role.DOCTOR]).first()
    if family is None or staff is None or own is None or doctor is None:
        return 0  # somebody has changed it into something else
    if Document.objects.filter(patient=own).exists():
        return 0
    before = Document.objects.count()
    with contextlib.suppress(documents.StoreTrouble):
        _of_others(doctor, staff, now=now)
        _of_family(own, doctor, family, now=now)
    return Document.objects.count() - before


def _of_family(own: Patient, doctor: Doctor, user: User, *, now: dt.datetime) -> None:
    by = Actor.of_user(user)
    give = functools.partial(_give, user=user, now=now)
    for child in Patient.objects.filter(cared_for_by__user=user, cared_for_by__ended_at=None):
        if shots := give(child, SHOTS):
            documents.share(document_id=shots.pk, doctor_id=doctor.pk, user=user, by=by, now=now)
    for paper in (LOCKED, BLOOD, LETTER):
        give(own, paper)


def _of_others(doctor: Doctor, staff: User, *, now: dt.datetime) -> None:
    """Some of what is asked for is there, some is missing; a letter was scanned at the desk."""
    asked = WantedDocument.objects.asked(now=now).select_related("appointment__patient")
    of_day = asked.filter(appointment__in=_next_day(doctor, now=now), what=ASKED)
    for wanted in of_day.order_by("appointment__start", "pk")[::2]:
        if (patient := wanted.appointment.patient) is not None:
            _give(patient, LETTER, user=staff, now=now, wanted=wanted)
    last = doctor.appointments.filter(status=Status.COMPLETED).select_related("patient")
    for visit in last.order_by("-start", "pk")[:2]:
        if visit.patient is not None:
            _give(visit.patient, STAY, user=staff, now=now)


def _give(
    patient: Patient,
    paper: Paper,
    *,
    user: User,
    now: dt.datetime,
    wanted: WantedDocument | None = None,
) -> Document | None:
    if Document.objects.filter(patient=patient, name=paper.name).exists():
        return None
    return documents.hand_in(
        patient=patient,
        user=user,
        kind=paper.kind,
        name=paper.name,
        content=paper.make(),
        content_type=paper.content_type,
        wanted_id=wanted.pk if wanted else None,
        by=Actor.of_user(user),
        now=now,
    )


def _next_day(doctor: Doctor, *, now: dt.datetime) -> list[Appointment]:
    """The doctor's visits of tomorrow, or of the next day that has any."""
    zone = doctor.clinic.zone
    today_ends = day_bounds(local_day(now, zone), zone)[1]
    ahead = Appointment.objects.filter(
        doctor=doctor, status=Status.BOOKED, start__gte=today_ends, patient__isnull=False
    ).order_by("start", "pk")
    first = ahead.first()
    if first is None:
        return []
    return list(ahead.filter(start__lt=day_bounds(local_day(first.start, zone), zone)[1]))

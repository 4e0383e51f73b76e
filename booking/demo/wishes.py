"""Who wants to come, when, and what becomes of it: drawn before anything is booked."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from enum import Enum

from accounts.models import Doctor, Patient, Role
from booking.demo.catalog import CHILDREN, KINDS
from booking.demo.world import World
from booking.models import WorkingHours
from clinic.lib.actor import Actor
from clinic.lib.times import instant

# Visits on a weekday so many days from today: busy soon, thinner later.
DENSITY = [(-28, -1, 5), (0, 0, 12), (1, 7, 8), (8, 21, 4), (22, 45, 1)]
SATURDAY_SHARE = 0.5
# Visits of the doctor who can be signed in as, in the days around today.
DOCTORS_DAYS = [(-4, 3), (-3, 2), (-2, 3), (-1, 2), (0, 7), (1, 5)]
# So many of the doctors who are in today have so many visits, whatever the weekday.
BUSY_TODAY, VISITS_TODAY = 6, 2
REASONS = [
    "Cough for two weeks",
    "Back pain",
    "Blood pressure",
    "Test results",
    "Headaches",
    "New prescription",
    "Knee hurts when running",
    "Tired all the time",
    "Rash on the arm",
    "Before a long trip",
]


class Fate(Enum):
    COME, MISS, CANCEL, MOVE, WAIT = range(5)


FATES = [(Fate.COME, 80), (Fate.MISS, 7), (Fate.CANCEL, 9), (Fate.MOVE, 4)]


@dataclass(frozen=True, slots=True)
class Wish:
    patient: Patient
    kind: str
    day: dt.date
    booked_at: dt.datetime
    by: Actor
    fate: Fate
    doctor: Doctor | None = None
    reason: str = ""


def draw_wishes(world: World, rng: random.Random) -> list[Wish]:
    """About 250 visits from four weeks ago to six weeks ahead."""
    wishes = _of_demo_patient(world) + _of_demo_doctor(world, rng) + _requests(world, rng)
    wishes += _of_today(world, rng)
    for first, last, visits in DENSITY:
        for offset in range(first, last + 1):
            weekday = world.day(offset).weekday()
            share = {5: SATURDAY_SHARE, 6: 0.0}.get(weekday, 1.0)
            for _ in range(round(visits * share)):
                wishes.append(_anybody(world, rng, offset))
    return wishes


def _anybody(world: World, rng: random.Random, offset: int) -> Wish:
    kind = rng.choices(KINDS, weights=[kind.weight for kind in KINDS])[0]
    for_children = kind.offered_by == {CHILDREN}
    patient = rng.choice(world.children if for_children else world.adults)
    fates, weights = zip(*FATES, strict=True)
    return Wish(
        patient=patient,
        kind=kind.fields["slug"],
        day=world.day(offset),
        booked_at=_booked_at(world, rng, offset, kind.fields["notice_minutes"]),
        by=world.actor(Role.STAFF),
        fate=rng.choices(fates, weights=weights)[0],
        reason=rng.choice(REASONS) if rng.random() < 0.6 else "",
    )


def _booked_at(world: World, rng: random.Random, offset: int, notice_minutes: int) -> dt.datetime:
    """In office hours, some days ahead of the visit (mostly few), and never in the future."""
    lead = min(1 + notice_minutes // (24 * 60) + int(rng.expovariate(1 / 6)), 28)
    at = instant(world.day(offset - lead), dt.time(rng.randint(8, 17)), world.clinic.zone)
    at += dt.timedelta(minutes=rng.randrange(60))
    recently = world.now - dt.timedelta(minutes=rng.randint(5, 3 * 24 * 60))
    return min(at, recently)


def _of_demo_patient(world: World) -> list[Wish]:
    """Two visits that are over, two to come and a request, all booked by the patient alone."""
    okafor = world.doctors["Amara Okafor"]
    plans = [
        ("first-visit", -24, -27, Fate.COME, okafor, "Moved here recently"),
        ("consultation", -11, -16, Fate.COME, okafor, "Cough for two weeks"),
        ("vaccination", -4, -9, Fate.CANCEL, None, ""),
        ("follow-up", 3, -2, Fate.COME, okafor, ""),
        ("annual-physical", 20, -6, Fate.COME, None, ""),
        ("heart-assessment", 12, -1, Fate.WAIT, None, "Palpitations when climbing stairs"),
    ]
    return [
        Wish(
            patient=world.demo_patient,
            kind=kind,
            day=world.day(day),
            booked_at=world.now + dt.timedelta(days=booked),
            by=world.actor(Role.PATIENT),
            fate=fate,
            doctor=doctor,
            reason=reason,
        )
        for kind, day, booked, fate, doctor, reason in plans
    ]


def _of_demo_doctor(world: World, rng: random.Random) -> list[Wish]:
    """The doctor who can be signed in as has a full day today, or on Monday; and one visit of a
    past day of which nobody has said what became of it."""
    left_open = Wish(
        patient=world.adults[3],
        kind="follow-up",
        day=world.day(-4 if world.today.weekday() in (0, 1) else -2),
        booked_at=world.now - dt.timedelta(days=9),
        by=world.actor(Role.STAFF),
        fate=Fate.WAIT,
        doctor=world.doctors["Amara Okafor"],
        reason="Test results",
    )
    return [left_open] + [
        Wish(
            patient=patient,
            kind=kind,
            day=world.day(offset),
            booked_at=world.now - dt.timedelta(days=6 - min(offset, 0), minutes=minutes * 17),
            by=world.actor(Role.STAFF),
            fate=Fate.COME,
            doctor=world.doctors["Amara Okafor"],
            reason=rng.choice(REASONS),
        )
        for offset, visits in DOCTORS_DAYS
        for minutes, (patient, kind) in enumerate(
            zip(
                rng.sample(world.adults, visits),
                rng.choices(["consultation", "follow-up"], k=visits),
                strict=True,
            )
        )
    ]


def _of_today(world: World, rng: random.Random) -> list[Wish]:
    """Nobody who is in today waits in vain for patients; one or the other does not come."""
    weeks = WorkingHours.objects.filter(doctor__clinic=world.clinic).select_related("doctor")
    are_in = {row.doctor.name for row in weeks if row.holds_on(world.today)} - {"Amara Okafor"}
    names = sorted(are_in)[:BUSY_TODAY]
    patients = iter(rng.sample(world.adults, len(names) * VISITS_TODAY))
    return [
        Wish(
            patient=next(patients),
            kind="follow-up",
            day=world.today,
            booked_at=world.now - dt.timedelta(days=5, minutes=13 * number),
            by=world.actor(Role.STAFF),
            fate=Fate.MISS if number == 0 and column % 3 == 0 else Fate.COME,
            doctor=world.doctors[name],
            reason=rng.choice(REASONS) if number else "",
        )
        for column, name in enumerate(names)
        for number in range(VISITS_TODAY)
    ]


def _requests(world: World, rng: random.Random) -> list[Wish]:
    """Heart assessments that still wait for the clinic's answer."""
    return [
        Wish(
            patient=patient,
            kind="heart-assessment",
            day=world.day(rng.randint(6, 20)),
            booked_at=world.now - dt.timedelta(hours=hours),
            by=world.actor(Role.STAFF),
            fate=Fate.WAIT,
            reason="Sent by the family doctor",
        )
        for hours, patient in zip((2, 7, 21), rng.sample(world.adults, 3), strict=True)
    ]

"""The invented people: doctors with their weeks, and patients."""

from __future__ import annotations

import datetime as dt
import random
from typing import NamedTuple

from booking.demo.catalog import CHILDREN, GENERAL, HEART, SKIN, WOMEN


class Week(NamedTuple):
    """Working hours on some weekdays (0 is Monday), within days counted from today."""

    weekdays: tuple[int, ...]
    hours: str  # "08:00-12:00 13:00-17:00"
    first: int | None = None
    last: int | None = None

    def stretches(self) -> list[tuple[dt.time, dt.time]]:
        pairs = (part.split("-") for part in self.hours.split())
        return [(dt.time.fromisoformat(a), dt.time.fromisoformat(b)) for a, b in pairs]


class DoctorPlan(NamedTuple):
    name: str
    title: str
    languages: list[str]
    practice: str
    slot_minutes: int
    about: str
    weeks: list[Week]


MON_FRI, MON_SAT = (0, 1, 2, 3, 4), (0, 1, 2, 3, 4, 5)
SPLIT = "08:00-12:00 13:00-17:00"

DOCTORS = [
    DoctorPlan(
        "Amara Okafor",
        "Dr",
        ["en", "fr"],
        GENERAL,
        15,
        "Family medicine; long-term conditions.",
        [Week(MON_FRI, SPLIT), Week((5,), "08:00-13:00")],
    ),
    DoctorPlan(
        "Benjamin Hartley",
        "Dr",
        ["en"],
        GENERAL,
        10,
        "Family medicine; early hours.",
        [Week(MON_FRI, "07:00-11:00 11:30-15:00")],
    ),
    DoctorPlan(
        "Carmen Delgado",
        "Dr",
        ["en", "es"],
        GENERAL,
        20,
        "Family medicine; diabetes.",
        [Week(MON_FRI, "08:20-12:20 13:20-17:00")],
    ),
    DoctorPlan(
        "Daniel Weiss",
        "Dr",
        ["en", "de"],
        GENERAL,
        15,
        "Internal medicine; evening hours.",
        [Week((0, 1, 3, 4), "12:00-16:00 16:30-20:00")],
    ),
    DoctorPlan(
        "Eun-ji Park",
        "Dr",
        ["en", "ko"],
        GENERAL,
        20,
        "Family and travel medicine.",
        [Week((0, 2, 4), "08:00-12:00"), Week((1, 3), "14:00-18:00")],
    ),
    DoctorPlan(
        "Fatima Rahman",
        "Dr",
        ["en", "ar"],
        WOMEN,
        15,
        "Women's health.",
        [Week(MON_FRI, "09:00-12:30 13:30-17:30")],
    ),
    DoctorPlan(
        "Gabriel Moreau",
        "Dr",
        ["en", "fr"],
        GENERAL,
        30,
        "Internal medicine; unhurried visits.",
        [Week((0, 1, 2, 3), "09:00-12:00 13:00-17:00")],
    ),
    DoctorPlan(
        "Hannah Lindgren",
        "Dr",
        ["en", "sv"],
        CHILDREN,
        15,
        "Children and young people.",
        [Week(MON_FRI, SPLIT)],
    ),
    DoctorPlan(
        "Isaac Mensah",
        "Dr",
        ["en"],
        GENERAL,
        15,
        "Family medicine; sports injuries.",
        # The week changes next month: the same doctor, other hours.
        [
            Week(MON_FRI, "08:00-12:00 12:30-16:00", last=30),
            Week(MON_FRI, "10:00-14:00 15:00-19:00", first=31),
        ],
    ),
    DoctorPlan(
        "Julia Nowak",
        "Dr",
        ["en", "pl"],
        GENERAL,
        10,
        "Family medicine; part-time.",
        [Week((1, 3), "08:30-12:30")],
    ),
    DoctorPlan(
        "Kenji Watanabe",
        "Prof",
        ["en", "ja"],
        HEART,
        10,
        "Heart and circulation.",
        [Week((1, 2, 3), "09:00-12:00 13:00-16:00")],
    ),
    DoctorPlan(
        "Lucía Herrera",
        "Dr",
        ["en", "es"],
        CHILDREN,
        15,
        "Children; allergies.",
        [Week((0, 2, 4), "09:00-13:00 14:00-18:00"), Week((5,), "08:00-12:00")],
    ),
    DoctorPlan(
        "Marcus Bell",
        "Dr",
        ["en"],
        GENERAL,
        20,
        "Family medicine; Saturdays.",
        [Week((2, 3, 4), "10:00-14:00 15:00-19:00"), Week((5,), "08:00-13:00")],
    ),
    DoctorPlan(
        "Nadia Petrov",
        "Dr",
        ["en", "ru"],
        SKIN,
        15,
        "Skin.",
        [Week((0, 1, 3), "08:30-12:30 13:30-17:00")],
    ),
    DoctorPlan(
        "Oliver Grant",
        "Dr",
        ["en"],
        GENERAL,
        15,
        "Internal medicine.",
        [Week(MON_FRI, "08:00-12:30 13:00-16:30")],
    ),
    DoctorPlan(
        "Priya Raman",
        "Dr",
        ["en", "hi", "ta"],
        WOMEN,
        20,
        "Women's health; pregnancy.",
        [Week((0, 1, 2, 4), "08:00-12:00 13:00-16:00")],
    ),
    DoctorPlan(
        "Quentin Abara",
        "Dr",
        ["en", "es"],
        GENERAL,
        15,
        "Family medicine. New with us.",
        [Week(MON_FRI, "09:00-12:00 13:00-18:00", first=14)],
    ),
    DoctorPlan(
        "Rosa Oliveira",
        "Dr",
        ["en", "pt", "es"],
        SKIN,
        10,
        "Skin; small procedures.",
        [Week((2, 4), "09:00-13:00 14:00-17:00")],
    ),
    DoctorPlan(
        "Samuel Ortiz",
        "NP",
        ["en", "es"],
        GENERAL,
        15,
        "Nurse practitioner; vaccinations.",
        [Week(MON_SAT, "08:00-13:00"), Week((0, 1, 2), "14:00-17:00")],
    ),
    DoctorPlan(
        "Thomas Whitfield",
        "Dr",
        ["en"],
        HEART,
        10,
        "Heart; rhythm disorders.",
        [Week((0, 4), "08:00-12:00 13:00-17:00")],
    ),
]


def _words(text: str) -> list[str]:
    return text.split()


FIRST_NAMES = _words(
    "Ava Noah Mia Liam Zoe Ethan Chloe Mateo Ruth Omar Grace Kofi Elena Hugo Nina Victor Leila"
    " Peter Iris Samir Paula Dmitri Joyce Andre Wanda Felix Aisha Colin Teresa Ravi"
)
LAST_NAMES = _words(
    "Anderson Brooks Castillo Dawson Eriksen Fuentes Gallagher Hussain Ibrahim Jensen Kowalski"
    " Lambert Mbeki Nguyen Ortega Phillips Quinn Romero Schneider Tanaka Underwood Vargas"
    " Whitaker Xu Young Zhang Abbott Barros Clarke Dubois"
)
PATIENTS = 60
CHILDREN_SHARE = 9  # the last so many are children


class PatientPlan(NamedTuple):
    name: str
    email: str
    phone: str
    date_of_birth: dt.date
    language: str
    is_child: bool


def patients(rng: random.Random, today: dt.date) -> list[PatientPlan]:
    """Sixty people of all ages; a few prefer Spanish, a few have no email address."""
    names = rng.sample([f"{a} {b}" for a in FIRST_NAMES for b in LAST_NAMES], PATIENTS)
    return [_patient(rng, number, name, today) for number, name in enumerate(names)]


def _patient(rng: random.Random, number: int, name: str, today: dt.date) -> PatientPlan:
    is_child = number >= PATIENTS - CHILDREN_SHARE
    years = rng.uniform(0.5, 16) if is_child else rng.triangular(18, 92, 45)
    return PatientPlan(
        name=name,
        email="" if number % 9 == 4 else f"{name.lower().replace(' ', '.')}@demo.example",
        phone=f"+131255501{number:02}",
        date_of_birth=today - dt.timedelta(days=int(years * 365.25)),
        language="en",
        is_child=is_child,
    )

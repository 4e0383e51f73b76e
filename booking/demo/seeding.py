"""Loading the demonstration: all of it in one transaction, or nothing; its documents after it."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import Max

from accounts.models import Clinic, Doctor, Patient, Role, User
from accounts.operations import create_login
from accounts.operations.roles import RECORDS, sync_role_permissions
from accounts.queries import forget_current_clinic
from booking import operations
from booking.demo import at_the_desk, away, catalog, doctors_day, documents, people, waiting
from booking.demo.family import add_family
from booking.demo.history import History
from booking.demo.logins import LOGINS
from booking.demo.world import World
from booking.models import Need, Resource, Slot, TimeOff, VisitType, WorkingHours
from clinic.lib.actor import Actor
from clinic.lib.times import day_bounds, instant, local_day

SEED = 1420
PAST_DAYS = 28
# Ids made from names: the same links, and the same choices of "any doctor", on every machine.
IDS = uuid.UUID("6c2f0c0e-0e8b-5a37-9a39-0d5a1d3c9a51")
LOCK = 0xDE30
SYSTEM = Actor.system("seed_demo")


class DemoError(Exception):
    """Why the demonstration cannot be loaded, in one sentence."""


@dataclass(slots=True)
class Summary:
    """What is there after loading; `created` is False when it was there before."""

    created: bool
    doctors: int
    visit_types: int
    patients: int
    appointments: int
    slots: int
    documents: int = 0  # brought by this very loading

    def facts(self) -> dict[str, int | bool]:
        return asdict(self)


def seed(
    *, now: dt.datetime, password: str, progress: Callable[[int, int], object] = lambda *_: None
) -> Summary:
    """Load the demonstration, or only the days of slots that have come in reach since.

    `progress` is told how much is done of how much. Raises DemoError when the database belongs to
    another clinic.
    """
    summary = _load(now=now, password=password, progress=progress)
    summary.documents = documents.bring(now=now)  # bytes are never sent within a transaction
    return summary


def _load(*, now: dt.datetime, password: str, progress: Callable[[int, int], object]) -> Summary:
    with transaction.atomic():
        with connection.cursor() as cursor:  # two at once: the second finds it done
            cursor.execute("SET LOCAL lock_timeout = 0")  # for as long as the first one takes
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        sync_role_permissions()
        clinic = Clinic.objects.filter(is_current=True).first()
        if clinic is None:
            clinic = _build(now=now, password=password, progress=progress)
            return _summary(clinic, created=True)
        if clinic.pk != _id("clinic", catalog.CLINIC["name"]):
            raise DemoError(f"This database already belongs to a clinic ({clinic.name}).")
        _top_up(clinic, now=now)
        return _summary(clinic, created=False)


def _build(*, now: dt.datetime, password: str, progress: Callable[[int, int], object]) -> Clinic:
    today = local_day(now, _zone_of_clinic())
    rng = random.Random(SEED)  # noqa: S311 (invented data)
    world = _people_and_rules(rng, now=now, today=today, password=password)
    _time_off(world)
    operations.generate_slots(
        clinic=world.clinic, now=now, first=today - dt.timedelta(days=PAST_DAYS)
    )
    History(world, rng).play(progress)
    add_family(world)
    doctors_day.round_off(world, world.doctors["Amara Okafor"])
    documents.ask(world, world.doctors["Amara Okafor"])
    at_the_desk.leave_something_to_do(world)
    away.play(world)
    waiting.wait(world)
    forget_current_clinic()
    return world.clinic


def _zone_of_clinic() -> ZoneInfo:
    return Clinic(time_zone=catalog.CLINIC["time_zone"]).zone


def _people_and_rules(
    rng: random.Random, *, now: dt.datetime, today: dt.date, password: str
) -> World:
    clinic = Clinic.objects.create(id=_id("clinic", catalog.CLINIC["name"]), **catalog.CLINIC)
    users = _logins(now=now, password=password)
    world = World(clinic=clinic, now=now, today=today, users=users)
    for plan in people.DOCTORS:
        world.doctors[plan.name] = _doctor(clinic, plan, users, today)
    for position, kind in enumerate(catalog.KINDS):
        slug = kind.fields["slug"]
        visit_type = VisitType.objects.create(
            id=_id("visit type", slug), clinic=clinic, position=position, **kind.fields
        )
        world.kinds[slug] = visit_type
        world.offering[slug] = [
            world.doctors[plan.name] for plan in people.DOCTORS if plan.practice in kind.offered_by
        ]
        visit_type.doctors.set(world.offering[slug])
    _rooms(world)
    _patients(world, rng)
    return world


def _rooms(world: World) -> None:
    made = {
        name: Resource.objects.create(
            id=_id("resource", name), clinic=world.clinic, name=name, kind=kind
        )
        for name, kind in catalog.RESOURCES.items()
    }
    for slug, needs in catalog.NEEDS.items():
        for name, any_of in needs.items():
            need = Need.objects.create(
                visit_type=world.kinds[slug], name=name, since=world.now - dt.timedelta(days=365)
            )
            need.resources.set(made[one] for one in any_of)


def _logins(*, now: dt.datetime, password: str) -> dict[Role, User]:
    users = {
        login.role: create_login(
            email=login.email,
            password=password,
            name=login.name,
            role=login.role,
            by=SYSTEM,
            now=now,
        )
        for login in LOGINS
    }
    users[Role.STAFF].groups.add(Group.objects.get(name=RECORDS))
    return users


def _doctor(
    clinic: Clinic, plan: people.DoctorPlan, users: dict[Role, User], today: dt.date
) -> Doctor:
    login = users[Role.DOCTOR]
    doctor = Doctor.objects.create(
        id=_id("doctor", plan.name),
        clinic=clinic,
        user=login if login.name == plan.name else None,
        name=plan.name,
        title=plan.title,
        languages=plan.languages,
        about=plan.about,
        slot_minutes=plan.slot_minutes,
    )
    WorkingHours.objects.bulk_create(
        WorkingHours(
            doctor=doctor,
            weekday=weekday,
            opens=opens,
            closes=closes,
            valid_from=None if week.first is None else today + dt.timedelta(days=week.first),
            valid_until=None if week.last is None else today + dt.timedelta(days=week.last),
        )
        for week in plan.weeks
        for weekday in week.weekdays
        for opens, closes in week.stretches()
    )
    return doctor


def _patients(world: World, rng: random.Random) -> None:
    login = world.users[Role.PATIENT]
    world.demo_patient = Patient.objects.create(
        id=_id("patient", login.name),
        user=login,
        name=login.name,
        email=login.email,
        phone="+13125550187",
        date_of_birth=dt.date(1988, 4, 17),
    )
    for plan in people.patients(rng, world.today):
        patient = Patient(
            id=_id("patient", plan.name),
            name=plan.name,
            email=plan.email,
            phone=plan.phone,
            date_of_birth=plan.date_of_birth,
            language=plan.language,
        )
        (world.children if plan.is_child else world.adults).append(patient)
    Patient.objects.bulk_create(world.adults + world.children)


def _time_off(world: World) -> None:
    """A leave, a half day of training, a leave that is over, and a holiday of the whole clinic."""
    clinic, zone = world.clinic, world.clinic.zone

    def off(
        kind: TimeOff.Kind, note: str, first: int, last: int, doctor: str | None = None
    ) -> TimeOff:
        start = day_bounds(world.day(first), zone)[0]
        end = day_bounds(world.day(last), zone)[1]
        who = world.doctors[doctor] if doctor else None
        return TimeOff(clinic=clinic, doctor=who, kind=kind, start=start, end=end, note=note)

    training = off(TimeOff.Kind.BLOCK, "Training", 9, 9, "Oliver Grant")
    training.start = instant(world.day(9), dt.time(12), zone)
    holiday = 17 + (2 - world.day(17).weekday()) % 7  # a Wednesday in about three weeks
    TimeOff.objects.bulk_create(
        [
            off(TimeOff.Kind.LEAVE, "Leave", 10, 19, "Fatima Rahman"),
            off(TimeOff.Kind.LEAVE, "Leave", -20, -14, "Gabriel Moreau"),
            training,
            off(TimeOff.Kind.HOLIDAY, "Closed for the yearly team day", holiday, holiday),
        ]
    )


def _top_up(clinic: Clinic, *, now: dt.datetime) -> None:
    """The days that have come within reach since the demonstration was loaded."""
    last = local_day(now, clinic.zone) + dt.timedelta(days=settings.SLOT_HORIZON_DAYS)
    newest = Slot.objects.filter(doctor__clinic=clinic).aggregate(newest=Max("start"))["newest"]
    first = local_day(newest or now, clinic.zone) + dt.timedelta(days=1)
    if first < last:  # one day short is the last day's weekend, or today's beat run to come
        operations.generate_slots(clinic=clinic, now=now, first=first, last=last)


def _summary(clinic: Clinic, *, created: bool) -> Summary:
    return Summary(
        created=created,
        doctors=clinic.doctors.count(),
        visit_types=clinic.visit_types.count(),
        patients=Patient.objects.count(),
        appointments=clinic.appointments.count(),
        slots=Slot.objects.filter(doctor__clinic=clinic).count(),
    )


def _id(kind: str, name: object) -> uuid.UUID:
    return uuid.uuid5(IDS, f"{kind}:{name}")

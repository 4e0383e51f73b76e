"""The demonstration: there after one command, the same after the next, and only where wanted."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Clinic, Doctor, Patient, Role, User
from accounts.queries import has_verified_email
from booking import demo
from booking.demo.catalog import KINDS
from booking.demo.people import DOCTORS
from booking.invariants import prove
from booking.models import Appointment, Slot, Status, VisitType, WantedDocument
from clinic.lib.phones import validate_e164
from clinic.lib.times import day_bounds, local_day
from documents.models import Document
from notifications.models import Message, MessageStatus
from tests import factories

# A Tuesday morning at the clinic.
NOW = dt.datetime(2026, 6, 2, 15, 0, tzinfo=dt.UTC)


def _analyze() -> None:
    """What autovacuum would do by now, but cannot see in a test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def test_the_demonstration_is_a_clinic_in_the_middle_of_its_life(db: None) -> None:
    summary = demo.seed(now=NOW, password=demo.PASSWORD)

    assert (summary.doctors, summary.visit_types) == (20, 8)
    assert 240 <= summary.appointments <= 280
    assert summary.patients == 64
    _slots_reach_60_days_ahead()
    _visits_are_past_and_to_come_with_their_outcomes()
    _each_login_is_who_it_says()
    _nobody_is_written_to()
    _documents_were_sent_and_some_are_missing()
    _analyze()
    assert {result.name: result.rows for result in prove() if result.broken} == {}

    # Again, three days later: only the days that have come in reach are added.
    before = Counter(Appointment.objects.values_list("status", flat=True))
    with CaptureQueriesContext(connection) as queries:
        again = demo.seed(now=NOW, password="another-one-9")
    assert len(queries) < 80
    assert again.facts() == summary.facts() | {"created": False, "documents": 0}
    later = demo.seed(now=NOW + dt.timedelta(days=3), password=demo.PASSWORD)
    assert later.slots > summary.slots
    assert Counter(Appointment.objects.values_list("status", flat=True)) == before
    assert User.objects.get(email="staff@demo.example").check_password(demo.PASSWORD)


def _slots_reach_60_days_ahead() -> None:
    newest = Slot.objects.order_by("-start")[0].start
    assert (newest.date() - NOW.date()).days in (59, 60)
    for visit_type in VisitType.objects.all():
        assert visit_type.doctors.exists()


def _visits_are_past_and_to_come_with_their_outcomes() -> None:
    now = Counter(Appointment.objects.values_list("status", flat=True))
    assert min(now[status] for status in (Status.COMPLETED, Status.BOOKED)) > 60
    assert now[Status.NO_SHOW]
    assert now[Status.CANCELLED]
    assert 3 <= now[Status.PENDING] <= 8
    over = Appointment.objects.filter(end__lt=NOW - dt.timedelta(minutes=15))
    left_open = over.filter(status__in=[Status.BOOKED, Status.PENDING])
    assert left_open.count() == 1  # which the doctor is asked about
    assert not Appointment.objects.filter(booked_at__gt=NOW).exists()
    assert not Appointment.objects.filter(ended_at__gt=NOW).exists()


def _each_login_is_who_it_says() -> None:
    for login in demo.LOGINS:
        user = User.objects.get(email=login.email)
        assert user.has_role(login.role)
        assert user.check_password(demo.PASSWORD)
        assert has_verified_email(user)
    patient = Patient.objects.get(user__email="patient@demo.example")
    visits = patient.appointments.all()
    assert visits.filter(status=Status.COMPLETED, end__lt=NOW).count() == 2
    assert visits.filter(status=Status.BOOKED, start__gt=NOW).count() == 2 + 3  # a course
    assert visits.filter(status=Status.PENDING).count() == 1
    doctor = Doctor.objects.get(user__email="doctor@demo.example")
    today = [
        visit
        for visit in doctor.appointments.exclude(status=Status.CANCELLED)
        if local_day(visit.start, doctor.clinic.zone) == local_day(NOW, doctor.clinic.zone)
    ]
    assert len(today) >= 6
    assert User.objects.get(email="staff@demo.example").has_perm("booking.change_appointment")


def _documents_were_sent_and_some_are_missing() -> None:
    names = Document.objects.filter(patient__user__email="patient@demo.example")
    assert names.count() == 3
    doctor = Doctor.objects.get(user__email="doctor@demo.example")
    tomorrow = local_day(NOW, doctor.clinic.zone) + dt.timedelta(days=1)
    first, last = day_bounds(tomorrow, doctor.clinic.zone)
    asked = WantedDocument.objects.filter(
        appointment__doctor=doctor, appointment__start__range=(first, last)
    )
    assert asked.filter(document=None).exists()
    assert asked.exclude(document=None).count() == 2
    staff = User.objects.get(email="staff@demo.example")
    assert staff.has_perm("documents.view_document")


def _nobody_is_written_to() -> None:
    assert not Message.objects.exclude(status=MessageStatus.VOID).exists()


def test_a_clinic_of_somebody_elses_is_left_alone(db: None, settings: object) -> None:
    settings.DEMO = True
    factories.clinic(name="Riverside")

    with pytest.raises(CommandError, match="already belongs to a clinic"):
        call_command("seed_demo")

    assert Clinic.objects.get().name == "Riverside"
    assert not User.objects.exists()


def test_demo_data_is_refused_where_it_is_no_demonstration(db: None, settings: object) -> None:
    settings.DEMO = False

    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("seed_demo")
    with pytest.raises(CommandError, match="only where DEMO is on"):
        call_command("seed_demo", "--logins")

    assert not Clinic.objects.exists()


def test_the_well_known_password_never_opens_what_is_no_demonstration(
    db: None,
    settings: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings.DEMO = False
    given = {}

    def seed(**arguments: object) -> demo.Summary:
        given.update(arguments)
        return demo.Summary(True, 0, 0, 0, 0, 0)

    monkeypatch.setattr(demo, "seed", seed)

    call_command("seed_demo", "--force", "--json")

    shown = json.loads(capsys.readouterr().out)
    assert given["password"] == shown["password"] != demo.PASSWORD


def test_the_logins_are_printed_and_nothing_else(
    settings: object, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEMO = True

    call_command("seed_demo", "--logins", "--json")

    shown = json.loads(capsys.readouterr().out)
    assert [set(row) for row in shown] == [{"role", "email", "password"}] * 4
    assert [row["role"] for row in shown] == [role.value for role in Role]


def test_the_demo_password_is_one_that_people_could_choose(settings: object) -> None:
    for login in demo.LOGINS:
        validate_password(demo.PASSWORD, User(email=login.email, name=login.name))


def test_a_seed_that_fails_leaves_nothing(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("booking.demo.seeding.History.play", fail)
    monkeypatch.setattr("booking.demo.seeding.operations.generate_slots", lambda **_: None)

    with pytest.raises(RuntimeError):
        demo.seed(now=timezone.now(), password=demo.PASSWORD)

    assert not Clinic.objects.exists()
    assert not User.objects.exists()


def test_the_catalogue_keeps_its_own_rules() -> None:
    practices = {plan.practice for plan in DOCTORS}

    assert len({plan.name for plan in DOCTORS}) == 20
    assert {plan.slot_minutes for plan in DOCTORS} == {10, 15, 20, 30}
    assert all(kind.offered_by <= practices for kind in KINDS)
    assert {kind.fields["minutes"] for kind in KINDS} >= {15, 60}
    assert any(kind.fields.get("buffer_after") for kind in KINDS)
    assert any(kind.fields.get("needs_approval") for kind in KINDS)
    assert min(sum(plan.practice in kind.offered_by for plan in DOCTORS) for kind in KINDS) == 2


def test_invented_patients_can_be_called_and_written_to(db: None) -> None:
    import random

    from booking.demo.people import patients

    plans = patients(random.Random(1), NOW.date())

    assert len({plan.name for plan in plans}) == len({plan.phone for plan in plans}) == 60
    assert all(plan.email == "" or plan.email.endswith("@demo.example") for plan in plans)
    for plan in plans:
        validate_e164(plan.phone)

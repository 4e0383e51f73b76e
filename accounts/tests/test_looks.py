"""What a patient is told of who looked at the record."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from accounts.models import AuditEvent, Doctor, EmergencyAccess, Patient, Role
from accounts.operations import record_audit, record_list
from accounts.queries import looks_at
from clinic.lib.actor import Actor

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def maria(db) -> Patient:
    return Patient.objects.create(name="Maria")


@pytest.fixture
def other(db) -> Patient:
    return Patient.objects.create(name="Olga")


@pytest.fixture
def staff(person) -> Actor:
    return Actor.of_user(person("staff@example.org", Role.STAFF, name="Sam Staff"))


def test_records_and_lists_are_told_newest_first_and_changes_are_not(maria, other, staff):
    record_audit(action="patient.viewed", subject=maria, by=staff, now=NOW)
    both = [maria.pk, other.pk]
    record_list(action="patients.listed", of=Patient, patient_ids=both, by=staff, now=NOW + MINUTE)
    record_audit(action="patient.changed", subject=maria, by=staff, now=NOW)
    record_audit(action="patient.viewed", subject=other, by=staff, now=NOW)
    listed, viewed = looks_at(maria.pk)
    assert (listed.action, listed.is_list) == ("patients.listed", True)
    assert (viewed.action, viewed.is_list) == ("patient.viewed", False)
    assert (viewed.name, viewed.role) == ("Sam Staff", "staff")


def test_a_login_without_a_name_is_not_told_by_its_address(maria, person):
    nameless = Actor.of_user(person("nameless@example.org", Role.STAFF, name=""))
    record_audit(action="patient.viewed", subject=maria, by=nameless, now=NOW)
    [look] = looks_at(maria.pk)
    assert (look.name, look.role) == ("", "staff")


def test_nobody_else_on_a_list_is_told(maria, other, staff):
    both = [maria.pk, other.pk]
    record_list(action="patients.listed", of=Patient, patient_ids=both, by=staff, now=NOW)
    assert str(other.pk) not in repr(looks_at(maria.pk))


def test_own_reads_are_left_out_and_told_when_asked_for(person):
    user = person()
    maria = Patient.objects.get(user=user)
    record_audit(action="document.downloaded", subject=maria, by=Actor.of_user(user), now=NOW)
    system = Actor.system("agenda")
    record_audit(action="agenda.mailed", subject=maria, by=system, now=NOW)
    assert [look.role for look in looks_at(maria.pk)] == ["system"]
    assert len(looks_at(maria.pk, own=True)) == 2


def test_pages_follow_each_other_without_loss_or_repetition(maria, staff):
    for minute in (0, 0, 0, 1, 1, 2):  # several at the same moment
        record_audit(action="patient.viewed", subject=maria, by=staff, now=NOW + minute * MINUTE)
    seen: list[int] = []
    while page := looks_at(maria.pk, before=seen[-1] if seen else None, limit=2):
        seen += [look.id for look in page]
    rows = AuditEvent.objects.filter(patient_id=maria.pk, action="patient.viewed")
    assert seen == list(rows.order_by("-at", "-id").values_list("id", flat=True))
    assert looks_at(maria.pk, before=10**12) == []


def test_a_broken_glass_says_why(maria, person, clinic_row):
    user = person("doctor@example.org", Role.DOCTOR, name="")
    doctor = Doctor.objects.create(clinic=clinic_row, name="Amy Lee", title="Dr.", user=user)
    glass = EmergencyAccess.objects.create(
        patient=maria, doctor=doctor, user_id=user.pk, reason="Unconscious",
        opened_at=NOW, ends_at=NOW + MINUTE,
    )  # fmt: skip
    why = {"ground": "emergency", "emergency": str(glass.pk)}
    by = Actor.of_user(user)
    record_audit(action="emergency.opened", subject=glass, patient_id=maria.pk, by=by, now=NOW)
    record_audit(action="document.viewed", subject=maria, by=by, now=NOW + MINUTE, data=why)
    read, opened = looks_at(maria.pk)
    assert (read.ground, read.reason, read.name) == ("emergency", "Unconscious", "Dr. Amy Lee")
    assert (opened.action, opened.reason) == ("emergency.opened", "Unconscious")


def test_looks_at_a_record_that_became_one_with_this_are_told(maria, other, staff):
    record_audit(action="patient.viewed", subject=other, by=staff, now=NOW)
    data = {"kept": str(maria.pk), "merged": str(other.pk)}
    record_audit(action="patient.merged", subject=maria, by=staff, now=NOW, data=data)
    record_audit(action="patient.merged", subject=other, by=staff, now=NOW, data=data)
    assert [look.action for look in looks_at(maria.pk)] == ["patient.viewed"]
    assert [look.action for look in looks_at(other.pk)] == ["patient.viewed"]
    assert looks_at(uuid.uuid4()) == []


def test_the_number_of_queries_does_not_grow(maria, staff, django_assert_max_num_queries):
    for _each in range(30):
        record_audit(action="patient.viewed", subject=maria, by=staff, now=NOW)
    with django_assert_max_num_queries(6):
        assert len(looks_at(maria.pk)) == 30

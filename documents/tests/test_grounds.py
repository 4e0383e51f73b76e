"""Who may read which document: every ground, every person."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest

from accounts.models import Care, Doctor, EmergencyAccess, Patient, Role, TreatingRelationship, User
from accounts.operations.roles import sync_role_permissions
from documents import queries
from documents.models import Document, DocumentStatus, Share
from documents.queries import Why
from tests import factories
from tests.factories import NOW

HOUR = dt.timedelta(hours=1)


@dataclass
class People:
    patient: Patient
    document: Document
    other: Patient
    carer: User
    doctor: Doctor
    staff: User
    operator: User

    @property
    def all(self) -> list[User]:
        own, other = self.patient.user, self.other.user
        assert own and other and self.doctor.user
        return [own, other, self.carer, self.doctor.user, self.staff, self.operator]

    def why(self, user: User | None, *, now: dt.datetime = NOW, document: Document | None = None):
        # As on each request: what a person is was just read.
        fresh = User.objects.get(pk=user.pk)  # type: ignore[union-attr]
        ground = queries.ground_to_read(user=fresh, document=document or self.document, now=now)
        return ground and ground.why


@pytest.fixture
def people(db: None) -> People:
    sync_role_permissions()
    patient = factories.patient(with_login=True)
    return People(
        patient=patient,
        document=factories.document(patient),
        other=factories.patient(with_login=True),
        carer=factories.patient(with_login=True).user,
        doctor=factories.doctor(factories.clinic(), user=factories.user(Role.DOCTOR)),
        staff=factories.user(Role.STAFF, is_staff=True),
        operator=factories.user(Role.OPERATOR, is_staff=True),
    )


def share(document: Document, doctor: Doctor, **fields: object) -> Share:
    return Share.objects.create(
        document=document, doctor=doctor, opened_at=NOW, opened_by=document.pk, **fields
    )


def emergency(people: People, **fields: object) -> EmergencyAccess:
    return EmergencyAccess.objects.create(
        **{
            "patient": people.patient,
            "doctor": people.doctor,
            "user_id": people.doctor.user_id,
            "reason": "Found unconscious",
            "opened_at": NOW,
            "ends_at": NOW + HOUR,
        }
        | fields
    )


def test_without_a_ground_only_the_patient_reads(people: People):
    readers = [user for user in people.all if people.why(user)]
    assert readers == [people.patient.user]
    assert people.why(people.patient.user) == Why.OWN


def test_a_patient_without_a_login_is_nobodys_own(people: People):
    document = factories.document(factories.patient())
    assert [user for user in people.all if people.why(user, document=document)] == []


def test_a_carer_reads_until_care_ends(people: People):
    care = Care.objects.create(
        user=people.carer, patient=people.patient, opened_at=NOW, opened_by="test"
    )
    assert people.why(people.carer) == Why.CARE
    assert people.why(people.carer, document=factories.document(people.other)) is None
    care.ended_at = NOW
    care.save()
    assert people.why(people.carer) is None


def test_a_doctor_reads_while_treating_and_not_after(people: People):
    TreatingRelationship.objects.create(
        patient=people.patient, doctor=people.doctor, opened_at=NOW, ends_at=NOW + HOUR
    )
    assert people.why(people.doctor.user) == Why.TREATING
    assert people.why(people.doctor.user, now=NOW + HOUR) is None
    assert people.why(people.doctor.user, document=factories.document(people.other)) is None


def test_a_share_opens_one_document_to_one_doctor_until_withdrawn(people: People):
    shared = share(people.document, people.doctor)
    sibling = factories.document(people.patient)
    assert people.why(people.doctor.user) == Why.SHARED
    assert people.why(people.doctor.user, document=sibling) is None
    shared.ended_at, shared.ended_by = NOW, people.document.pk
    shared.save()
    assert people.why(people.doctor.user) is None


def test_an_emergency_lasts_its_hour_and_names_itself(people: People):
    opened = emergency(people)
    ground = queries.ground_to_read(user=people.doctor.user, document=people.document, now=NOW)
    assert ground == queries.Ground(Why.EMERGENCY, opened.pk)
    assert people.why(people.doctor.user, now=NOW + HOUR) is None
    assert people.why(people.doctor.user, document=factories.document(people.other)) is None


def test_an_emergency_of_another_login_opens_nothing(people: People):
    """The doctor's row may be given to another person; the emergency was not theirs."""
    emergency(people, user_id=people.staff.pk)
    assert people.why(people.doctor.user) is None


def test_a_share_is_the_reason_rather_than_an_emergency(people: People):
    emergency(people)
    share(people.document, people.doctor)
    assert people.why(people.doctor.user) == Why.SHARED


def test_a_doctor_who_left_reads_nothing_on_any_ground(people: People):
    user = people.doctor.user
    assert user is not None
    share(people.document, people.doctor)
    TreatingRelationship.objects.create(
        patient=people.patient, doctor=people.doctor, opened_at=NOW, ends_at=NOW + HOUR
    )
    emergency(people)
    people.doctor.active = False
    people.doctor.save()
    assert people.why(user) is None
    fresh = User.objects.get(pk=user.pk)
    assert not queries.documents_of(people.patient, user=fresh, now=NOW)


@pytest.mark.parametrize("lost", ["role", "row", "active"])
def test_a_doctor_is_one_by_role_and_by_row(people: People, lost: str):
    user = people.doctor.user
    share(people.document, people.doctor)
    assert user and people.why(user) == Why.SHARED
    if lost == "role":
        user.groups.clear()
    elif lost == "row":
        people.doctor.user = None
        people.doctor.save()
    else:
        user.is_active = False
        user.save()
    assert people.why(user) is None


def test_staff_need_the_permission_and_the_portal(people: People):
    from django.contrib.auth.models import Permission

    permission = Permission.objects.get(codename="view_document")
    people.staff.groups.clear()
    assert people.why(people.staff) is None
    people.staff.user_permissions.add(permission)
    assert people.why(people.staff) == Why.STAFF
    people.staff.is_staff = False
    people.staff.save()
    assert people.why(people.staff) is None


def test_the_family_sees_what_was_refused_and_the_clinic_does_not(people: People):
    for status in DocumentStatus:
        factories.document(people.patient, status=status)
    factories.document(people.other)
    TreatingRelationship.objects.create(
        patient=people.patient, doctor=people.doctor, opened_at=NOW, ends_at=NOW + HOUR
    )

    def seen(user: User) -> list[str]:
        of = queries.documents_of(people.patient, user=user, now=NOW)
        return sorted(of.values_list("status", flat=True))

    assert people.patient.user and people.other.user and people.doctor.user
    assert seen(people.patient.user) == ["checking", "ready", "ready", "refused"]
    assert seen(people.doctor.user) == ["checking", "ready", "ready"]
    assert seen(people.other.user) == []


def test_the_list_has_no_deleted_ones_and_of_shared_ones_only_those(people: People):
    user = people.doctor.user
    assert user
    factories.document(people.patient)
    gone = factories.document(people.patient, deleted_at=NOW)
    share(people.document, people.doctor)
    share(gone, people.doctor)
    listed = queries.documents_of(people.patient, user=user, now=NOW)
    assert [each.pk for each in listed] == [people.document.pk]


def test_a_carer_decides_over_a_child_and_over_what_they_added(people: People):
    child = factories.patient()
    for patient in (child, people.patient):
        Care.objects.create(user=people.carer, patient=patient, opened_at=NOW, opened_by="test")
    added = factories.document(people.patient, created_by_user=people.carer.pk)

    def decides(user: User, document: Document) -> bool:
        return queries.decides_over(user=user, document=document, now=NOW)

    assert decides(people.carer, factories.document(child))
    assert decides(people.carer, added)
    assert not decides(people.carer, people.document)
    assert people.patient.user and decides(people.patient.user, added)
    Care.objects.all().update(ended_at=NOW)
    assert not decides(people.carer, added)


def test_who_only_reads_decides_nothing(people: People):
    TreatingRelationship.objects.create(
        patient=people.patient, doctor=people.doctor, opened_at=NOW, ends_at=NOW + HOUR
    )
    share(people.document, people.doctor)
    for user in people.all[1:]:
        assert not queries.decides_over(user=user, document=people.document, now=NOW)

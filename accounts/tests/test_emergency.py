"""Breaking the glass: for a reason, for an hour, and the operators are told."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Doctor, EmergencyAccess, Patient, Role, User
from accounts.operations import (
    end_emergency_access,
    find_in_emergency,
    open_emergency_access,
    open_treating,
    review_emergency_access,
)
from accounts.operations.emergency import (
    EmergencyError,
    NotTheDoctor,
    ReasonTooLong,
    ReasonTooShort,
    TreatsAlready,
)
from accounts.operations.roles import sync_role_permissions
from clinic.lib.actor import Actor
from notifications.models import Message
from tests import factories
from tests.factories import NOW, SYSTEM

pytestmark = pytest.mark.django_db
REASON = "Unconscious in our emergency room"
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def doctor() -> Doctor:
    user = factories.user(Role.DOCTOR)
    return factories.doctor(factories.clinic(), user=user, name="Ada Adams")


@pytest.fixture
def patient() -> Patient:
    return factories.patient(name="Maria  Jones")


def break_glass(doctor: Doctor, patient: Patient, **values: object) -> EmergencyAccess:
    given = {"reason": REASON, "by": Actor.of_user(doctor.user), "now": NOW}
    return open_emergency_access(doctor=doctor, patient=patient, **given | values)


def active(now: dt.datetime) -> bool:
    return EmergencyAccess.objects.active(now=now).exists()


class TestOpening:
    def test_it_lasts_an_hour_and_is_dead_at_its_end(
        self, doctor: Doctor, patient: Patient
    ) -> None:
        break_glass(doctor, patient)
        second = dt.timedelta(seconds=1)
        assert [active(NOW), active(NOW + HOUR - second), active(NOW + HOUR)] == [True, True, False]
        assert not active(NOW - second)

    def test_the_trail_says_so_without_the_reason(self, doctor: Doctor, patient: Patient) -> None:
        access = break_glass(doctor, patient)
        event = AuditEvent.objects.get(action="emergency.opened")
        assert (event.patient_id, event.user_id) == (patient.pk, doctor.user_id)
        assert event.data["emergency"] == event.subject_id == str(access.pk)
        assert REASON not in str(event.data)

    def test_every_active_operator_is_told_without_name_or_reason(
        self, doctor: Doctor, patient: Patient
    ) -> None:
        operators = [factories.user(Role.OPERATOR) for _ in range(2)]
        factories.user(Role.OPERATOR, is_active=False)
        factories.user(Role.STAFF)
        break_glass(doctor, patient)
        told = list(Message.objects.all())
        assert {message.recipient for message in told} == {user.email for user in operators}
        for message in told:
            assert message.template == "emergency_opened"
            assert message.patient_id is None
            said = str(message.context)
            assert "Jones" not in said and "Unconscious" not in said and "Adams" in said
            assert str(patient.pk) not in said

    def test_pressed_twice_it_is_one_hour_and_one_message(
        self, doctor: Doctor, patient: Patient
    ) -> None:
        factories.user(Role.OPERATOR)
        one = break_glass(doctor, patient)
        two = break_glass(doctor, patient, now=NOW + HOUR / 2)
        assert (two.pk, two.ends_at) == (one.pk, NOW + HOUR)
        assert Message.objects.count() == 1
        assert break_glass(doctor, patient, now=NOW + HOUR).pk != one.pk

    @pytest.mark.parametrize(
        ("reason", "refused"),
        [("", ReasonTooShort), ("  urgent  \n", ReasonTooShort), ("x" * 301, ReasonTooLong)],
    )
    def test_a_reason_is_needed_that_says_something_and_can_be_read(
        self, doctor: Doctor, patient: Patient, reason: str, refused: type[EmergencyError]
    ) -> None:
        with pytest.raises(refused):
            break_glass(doctor, patient, reason=reason)
        assert not EmergencyAccess.objects.exists()

    def test_nobody_opens_in_a_doctors_name(self, doctor: Doctor, patient: Patient) -> None:
        for by in (SYSTEM, Actor.guest(), Actor.of_user(factories.user(Role.DOCTOR))):
            with pytest.raises(NotTheDoctor):
                break_glass(doctor, patient, by=by)

    def test_who_treats_the_patient_needs_none(self, doctor: Doctor, patient: Patient) -> None:
        open_treating(patient=patient, doctor=doctor, visit_end=NOW, by=SYSTEM, now=NOW)
        with pytest.raises(TreatsAlready):
            break_glass(doctor, patient)


class TestEnding:
    def test_a_doctor_ends_it_early(self, doctor: Doctor, patient: Patient) -> None:
        access = break_glass(doctor, patient)
        by = Actor.of_user(doctor.user)
        assert end_emergency_access(access=access, by=by, now=NOW + HOUR / 4)
        assert not active(NOW + HOUR / 4)
        assert not end_emergency_access(access=access, by=by, now=NOW + HOUR / 2)
        assert AuditEvent.objects.filter(action="emergency.ended").count() == 1

    def test_even_at_the_very_moment_of_its_opening(self, doctor: Doctor, patient: Patient) -> None:
        access = break_glass(doctor, patient)
        assert end_emergency_access(access=access, by=SYSTEM, now=NOW)
        assert not active(NOW + dt.timedelta(seconds=1))

    def test_it_is_dead_when_the_doctor_is_none_any_more(
        self, doctor: Doctor, patient: Patient
    ) -> None:
        break_glass(doctor, patient)
        user = doctor.user
        assert isinstance(user, User)
        users, doctors = User.objects.filter(pk=user.pk), Doctor.objects.filter(pk=doctor.pk)
        users.update(is_active=False)
        assert not active(NOW)
        users.update(is_active=True)
        doctors.update(active=False)
        assert not active(NOW)
        doctors.update(active=True, user=factories.user(Role.DOCTOR))  # another's login now
        assert not active(NOW)
        doctors.update(user=user)
        assert active(NOW)
        user.groups.clear()
        assert not active(NOW)


class TestFinding:
    def find(
        self, doctor: Doctor, name: str, born: dt.date, reason: str = REASON
    ) -> Patient | None:
        by = Actor.of_user(doctor.user)
        return find_in_emergency(
            name=name, date_of_birth=born, reason=reason, doctor=doctor, by=by, now=NOW
        )

    @pytest.mark.parametrize("name", ["Maria Jones", "Nobody Atall"])
    def test_a_refusal_does_not_tell_whether_there_is_such_a_patient(
        self, doctor: Doctor, patient: Patient, name: str
    ) -> None:
        born = patient.date_of_birth
        assert born is not None
        with pytest.raises(ReasonTooShort):
            self.find(doctor, name, born, reason="a            b")
        doctor.active = False
        with pytest.raises(NotTheDoctor):
            self.find(doctor, name, born)

    def test_by_the_exact_name_and_day_of_birth(self, doctor: Doctor, patient: Patient) -> None:
        born = patient.date_of_birth
        assert born is not None
        assert self.find(doctor, "maria jones ", born) == patient
        assert not AuditEvent.objects.filter(action="emergency.not_found").exists()

    def test_by_nothing_less(self, doctor: Doctor, patient: Patient) -> None:
        born = patient.date_of_birth
        assert born is not None
        assert self.find(doctor, "Maria", born) is None
        assert self.find(doctor, "Maria Jones", born + dt.timedelta(days=1)) is None
        [event, _other] = AuditEvent.objects.filter(action="emergency.not_found")
        assert "Maria" not in str(event.data)

    def test_not_where_two_fit_and_no_guest(self, doctor: Doctor, patient: Patient) -> None:
        born = patient.date_of_birth
        assert born is not None
        guest = factories.patient(name="Gus Guest", is_guest=True)
        assert guest.date_of_birth is not None
        assert self.find(doctor, "Gus Guest", guest.date_of_birth) is None
        factories.patient(name="Maria Jones", date_of_birth=born)
        assert self.find(doctor, "Maria Jones", born) is None


def test_an_operator_looks_into_it_once(doctor: Doctor, patient: Patient) -> None:
    access = break_glass(doctor, patient)
    operator = Actor.of_user(factories.user(Role.OPERATOR))
    assert review_emergency_access(access_id=access.pk, by=operator, now=NOW)
    assert not review_emergency_access(access_id=access.pk, by=operator, now=NOW)
    access.refresh_from_db()
    assert (access.reviewed_at, str(access.reviewed_by)) == (NOW, operator.user_id)
    assert AuditEvent.objects.filter(action="emergency.reviewed").count() == 1


def test_an_operators_page_says_who_and_when_and_takes_the_word_when_it_is_sent(
    doctor: Doctor, patient: Patient, client: Client
) -> None:
    access = break_glass(doctor, patient)
    sync_role_permissions()
    operator = User.objects.get(pk=factories.user(Role.OPERATOR, is_staff=True).pk)
    client.force_login(operator, backend="allauth.account.auth_backends.AuthenticationBackend")
    address = reverse("admin:accounts_emergencyaccess_change", args=[access.pk])
    button = f"/admin/accounts/emergencyaccess/{access.pk}/looked-into/"
    page = client.get(address).content.decode()
    assert f"<title>{doctor}, " in " ".join(page.split()).replace("<title> ", "<title>")
    assert button in page and "Jones" not in page

    asked = client.get(button).content.decode()
    assert str(doctor) in asked and REASON in asked and str(patient.pk) not in asked
    assert not EmergencyAccess.objects.exclude(reviewed_at=None).exists()  # asking does nothing
    assert client.post(button).url == address
    access.refresh_from_db()
    assert access.reviewed_by == operator.pk
    after = client.get(address).content.decode()
    assert button not in after and "Noted: you have looked into it." in after
    client.post(button)
    assert "Somebody had looked into it before." in client.get(address).content.decode()

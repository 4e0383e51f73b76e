"""How a person becomes known, once, and as nobody else."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import AuditEvent, Doctor, Patient, Role, TreatingRelationship
from accounts.operations import (
    claim_patient,
    complete_profile,
    confirm_address,
    create_login,
    open_treating,
)
from accounts.operations.people import EmailTaken
from accounts.queries import has_verified_email, patient_of, treats
from accounts.tests.conftest import SYSTEM

BORN = dt.date(1985, 3, 27)
DAY = dt.timedelta(days=1)


def profile(user, now, **changes):
    values = {
        "name": "Maria Jones",
        "date_of_birth": BORN,
        "phone": "",
        "language": "en",
        "time_zone": "",
    }
    return complete_profile(user=user, by=SYSTEM, now=now, **{**values, **changes})


def login(now, email="maria@example.org", **changes):
    values = {"password": "correct horse", "name": "Maria Jones", "role": Role.PATIENT}
    return create_login(email=email, by=SYSTEM, now=now, **{**values, **changes})


def known(**changes) -> Patient:
    """Somebody booked by phone before."""
    values = {"name": "maria  JONES", "date_of_birth": BORN, "email": "maria@example.org"}
    return Patient.objects.create(**{**values, **changes})


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


@pytest.mark.django_db
class TestLogins:
    def test_a_login_has_its_role_and_a_verified_address(self, now):
        user = login(now, email="Maria@Example.org")
        assert user.email == "maria@example.org"
        assert has_verified_email(user) and user.has_role(Role.PATIENT) and not user.is_staff
        assert actions() == ["user.created"]

    @pytest.mark.parametrize("role", [Role.STAFF, Role.OPERATOR])
    def test_staff_and_operators_may_open_the_portal_without_being_superusers(self, now, role):
        user = login(now, role=role)
        assert user.is_staff and not user.is_superuser

    def test_an_address_is_taken_once_whatever_its_case(self, now):
        login(now)
        with pytest.raises(EmailTaken):
            login(now, email="MARIA@example.org")


@pytest.mark.django_db
class TestProfiles:
    def test_a_profile_makes_a_patient_and_its_role(self, now):
        user = login(now, role=Role.STAFF)
        patient = profile(user, now, phone="+14155550123")
        assert patient_of(user) == patient
        assert (patient.email, patient.phone) == ("maria@example.org", "+14155550123")
        user.__dict__.pop("role_names", None)
        assert user.has_role(Role.PATIENT)

    def test_a_change_is_recorded_by_field_and_not_by_value(self, now):
        user = login(now)
        profile(user, now)
        profile(user, now, phone="+14155550123", language="es")
        event = AuditEvent.objects.order_by("-id").first()
        assert event.action == "patient.changed"
        assert event.data == {"fields": ["phone", "language"]}
        assert "4155550123" not in str(event.data)

    def test_saving_what_is_there_already_records_nothing(self, now):
        user = login(now)
        profile(user, now)
        before = actions()
        profile(user, now)
        assert actions() == before


@pytest.mark.django_db
class TestClaims:
    def test_a_record_with_the_same_verified_address_name_and_birth_is_recognised(self, now):
        record = known(phone="+14155550123")
        user = login(now)
        assert profile(user, now, phone="+14155550199") == record
        record.refresh_from_db()
        assert record.user == user and record.phone == "+14155550199"
        assert Patient.objects.count() == 1
        assert "patient.claimed" in actions()

    @pytest.mark.parametrize(
        "different",
        [
            {"name": "Maria Jonas"},
            {"date_of_birth": BORN + DAY},
            {"email": "other@example.org"},
            {"is_guest": True},
            {"date_of_birth": None},
        ],
    )
    def test_anything_different_is_somebody_else(self, now, different):
        record = known(**different)
        assert profile(login(now), now) != record
        record.refresh_from_db()
        assert record.user is None

    def test_two_that_fit_are_left_alone(self, now):
        known()
        known()
        profile(login(now), now)
        assert Patient.objects.filter(user=None).count() == 2

    def test_an_address_that_is_not_verified_claims_nothing(self, now):
        known()
        user = login(now, verified=False)
        profile(user, now)
        assert claim_patient(user=user, by=SYSTEM, now=now) is None
        assert Patient.objects.filter(user=None).count() == 1

    def test_another_logins_record_is_never_taken(self, now):
        owner = login(now, email="owner@example.org")
        record = known(user=owner)
        assert profile(login(now), now) != record

    def test_with_the_code_entered_the_record_from_before_takes_the_profiles_place(self, now):
        record = known()
        user = login(now, verified=False)
        profile(user, now, phone="+14155550199")
        user.emailaddress_set.update(verified=True)
        confirm_address(user=user, by=SYSTEM, now=now)
        record.refresh_from_db()
        assert (record.user, record.phone) == (user, "+14155550199")
        assert Patient.objects.count() == 1

    def test_a_profile_that_has_visits_is_not_replaced(self, now, monkeypatch):
        from django.db.models import ProtectedError

        record = known()
        user = login(now, verified=False)
        mine = profile(user, now)
        user.emailaddress_set.update(verified=True)

        def refuse(self):
            raise ProtectedError("in use", set())

        monkeypatch.setattr(Patient, "delete", refuse)
        assert claim_patient(user=user, by=SYSTEM, now=now) is None
        record.refresh_from_db()
        assert record.user is None and patient_of(user) == mine

    def test_a_new_address_becomes_the_patients(self, now):
        user = login(now)
        patient = profile(user, now)
        user.email = "new@example.org"
        user.save()
        confirm_address(user=user, by=SYSTEM, now=now)
        patient.refresh_from_db()
        assert patient.email == "new@example.org"


@pytest.mark.django_db
class TestTreating:
    @pytest.fixture
    def pair(self, clinic_row):
        doctor = Doctor.objects.create(clinic=clinic_row, name="Ada Stone")
        return {"patient": Patient.objects.create(name="Maria"), "doctor": doctor}

    def test_a_booking_opens_it_until_a_year_after_the_visit(self, pair, now, settings):
        assert open_treating(**pair, visit_end=now + DAY, by=SYSTEM, now=now)
        row = TreatingRelationship.objects.get()
        assert row.ends_at == now + DAY + settings.TREATING_DAYS_AFTER_VISIT * DAY
        event = AuditEvent.objects.get()
        assert event.action == "treating.opened"
        assert event.patient_id == pair["patient"].pk
        assert event.subject_id == str(row.pk)

    def test_a_later_visit_prolongs_it_without_a_second_line(self, pair, now):
        open_treating(**pair, visit_end=now + DAY, by=SYSTEM, now=now)
        assert not open_treating(**pair, visit_end=now + 9 * DAY, by=SYSTEM, now=now + DAY)
        row = TreatingRelationship.objects.get()
        assert (row.ends_at - now).days == 9 + 365
        assert row.opened_at == now and AuditEvent.objects.count() == 1

    def test_an_earlier_visit_never_shortens_it(self, pair, now):
        open_treating(**pair, visit_end=now + 9 * DAY, by=SYSTEM, now=now)
        open_treating(**pair, visit_end=now + DAY, by=SYSTEM, now=now)
        assert (TreatingRelationship.objects.get().ends_at - now).days == 9 + 365

    def test_one_that_had_ended_is_opened_anew_and_recorded(self, pair, now):
        open_treating(**pair, visit_end=now, by=SYSTEM, now=now)
        later = now + 400 * DAY
        assert not treats(doctor=pair["doctor"], patient_id=pair["patient"].pk, now=later)
        assert open_treating(**pair, visit_end=later, by=SYSTEM, now=later)
        assert treats(doctor=pair["doctor"], patient_id=pair["patient"].pk, now=later)
        assert AuditEvent.objects.count() == 2

    def test_it_costs_one_statement_when_nothing_is_new(self, pair, now, django_assert_num_queries):
        open_treating(**pair, visit_end=now, by=SYSTEM, now=now)
        with django_assert_num_queries(1):
            open_treating(**pair, visit_end=now + DAY, by=SYSTEM, now=now)

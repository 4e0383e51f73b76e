"""Who looks after whose visits: opened, limited, ended, and never by guessing."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from accounts.models import AuditEvent, Care, Patient, Role, User
from accounts.operations import add_dependant, complete_profile, create_login, end_care, open_care
from accounts.operations.care import (
    MOST_DEPENDANTS,
    InCareAlready,
    NoSuchLogin,
    OwnRecord,
    TooManyDependants,
)
from accounts.queries import carers_of, people_of
from accounts.tests.conftest import SYSTEM

pytestmark = pytest.mark.django_db
BORN = dt.date(2018, 3, 27)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def parent(now) -> User:
    user = create_login(
        email="sam@example.org",
        password="correct horse",
        name="Sam Reed",
        role=Role.PATIENT,
        by=SYSTEM,
        now=now,
    )
    complete_profile(
        user=user,
        name="Sam Reed",
        date_of_birth=dt.date(1985, 1, 1),
        phone="+13125550100",
        language="es",
        time_zone="",
        by=SYSTEM,
        now=now,
    )
    return user


def add(user: User, now: dt.datetime, name: str = "Mia Reed") -> Patient:
    return add_dependant(
        user=user, name=name, date_of_birth=BORN, relation=Care.Relation.PARENT, by=SYSTEM, now=now
    )


def care_of(patient: Patient) -> Care:
    return Care.objects.get(patient=patient)


def test_a_dependant_is_a_patient_without_login_who_speaks_the_carers_language(parent, now):
    mia = add(parent, now, "  Mia   Reed ")

    assert (mia.name, mia.user, mia.email, mia.language) == ("Mia Reed", None, "", "es")
    assert mia.phone == "+13125550100"
    assert [each.name for each in people_of(parent)] == ["Sam Reed", "Mia Reed"]
    assert carers_of(mia) == [parent]
    assert set(AuditEvent.objects.filter(patient_id=mia.pk).values_list("action", flat=True)) == {
        "patient.created",
        "care.opened",
    }


def test_nobody_is_recognised_by_name_and_birthday(parent, now):
    known = Patient.objects.create(name="Mia Reed", date_of_birth=BORN, email="m@example.org")

    assert add(parent, now).pk != known.pk
    assert known not in people_of(parent)


def test_the_same_person_is_written_down_once(parent, now):
    add(parent, now)
    with pytest.raises(InCareAlready):
        add(parent, now, "mia  reed")


def test_there_is_a_limit_and_who_was_removed_does_not_count(parent, now):
    people = [add(parent, now, f"Child {n}") for n in range(MOST_DEPENDANTS)]
    with pytest.raises(TooManyDependants):
        add(parent, now, "One more")
    end_care(care=care_of(people[0]), by=SYSTEM, now=now)
    add(parent, now, "One more")


def test_care_that_has_ended_shows_nothing_and_takes_its_phone_along(parent, now):
    mia = add(parent, now)

    assert end_care(care=care_of(mia), by=SYSTEM, now=now)
    assert not end_care(care=care_of(mia), by=SYSTEM, now=now)

    mia.refresh_from_db()
    assert mia.phone == ""
    assert [each.name for each in people_of(parent)] == ["Sam Reed"]
    assert carers_of(mia) == []
    assert AuditEvent.objects.filter(action="care.ended").count() == 1


def test_a_dependant_who_signs_up_is_no_more_recognised_than_anybody(parent, now):
    """Name and birthday are known to others: the record's own verified address is asked for."""
    mia = add(parent, now)
    user = create_login(
        email="mia@example.org",
        password="correct horse",
        name="Mia Reed",
        role=Role.PATIENT,
        by=SYSTEM,
        now=now,
    )
    details = {"name": "Mia Reed", "date_of_birth": BORN, "phone": "", "language": "en"}
    own = complete_profile(user=user, time_zone="", by=SYSTEM, now=now, **details)
    assert own.pk != mia.pk

    Patient.objects.filter(pk=mia.pk).update(email="mia@example.org")  # the clinic wrote it down
    own.delete()
    assert complete_profile(user=user, time_zone="", by=SYSTEM, now=now, **details).pk == mia.pk


def opened(patient: Patient, now: dt.datetime, email: str) -> Care:
    return open_care(
        email=email, patient=patient, relation=Care.Relation.GUARDIAN, by=SYSTEM, now=now
    )


def test_staff_open_care_for_a_login_with_a_verified_address(parent, now):
    leo = Patient.objects.create(name="Leo Reed", date_of_birth=BORN)
    with pytest.raises(NoSuchLogin):
        opened(leo, now, "nobody@example.org")
    parent.emailaddress_set.update(verified=False)
    with pytest.raises(NoSuchLogin):
        opened(leo, now, "sam@example.org")
    parent.emailaddress_set.update(verified=True)

    assert opened(leo, now, " Sam@Example.org ").user == parent
    with pytest.raises(InCareAlready):
        opened(leo, now, "sam@example.org")
    with pytest.raises(OwnRecord):
        opened(Patient.objects.of_user(parent.pk).get(), now, "sam@example.org")


class TestPages:
    @pytest.fixture
    def client(self, parent) -> Client:
        Patient.objects.of_user(parent.pk).update(language="en")
        client = Client()
        client.force_login(parent, backend=BACKEND)
        return client

    def sent(self, **changes: str) -> dict[str, str]:
        born = {
            "date_of_birth_day": "27",
            "date_of_birth_month": "3",
            "date_of_birth_year": "2018",
        }
        return {"name": "Mia Reed", "relation": "parent", **born, **changes}

    def test_somebody_is_added_and_listed(self, client):
        assert "You book for yourself alone" in client.get("/account/family/").content.decode()
        response = client.post("/account/family/add/", self.sent(), follow=True)
        page = response.content.decode()
        assert "You can book for Mia Reed now." in page
        assert "Born 27 March 2018" in page

    def test_it_leads_back_to_where_it_was_needed_but_to_no_other_site(self, client):
        sent = self.sent(next="/appointments/")
        assert client.post("/account/family/add/", sent)["Location"] == "/appointments/"
        for number, elsewhere in enumerate(["https://elsewhere.example/", "no-such-view"]):
            sent = self.sent(name=f"Leo Reed {number}", next=elsewhere)
            assert client.post("/account/family/add/", sent)["Location"] == "/account/family/"

    def test_twice_is_refused_with_a_sentence(self, client):
        client.post("/account/family/add/", self.sent())
        response = client.post("/account/family/add/", self.sent())
        assert response.status_code == 409
        assert "on the list already" in response.content.decode()

    def test_removing_asks_first(self, client, parent, now):
        url = f"/account/family/{add(parent, now).pk}/end/"
        assert "Remove Mia Reed?" in client.get(url).content.decode()
        assert Care.objects.current().exists()
        assert client.post(url).status_code == 302
        assert not Care.objects.current().exists()
        assert client.post(url).status_code == 404

    def test_a_patient_with_a_login_sees_and_ends_who_looks_after_them(self, client, parent, now):
        carer = create_login(
            email="kim@example.org",
            password=None,
            name="Kim Carer",
            role=Role.PATIENT,
            by=SYSTEM,
            now=now,
        )
        opened(Patient.objects.of_user(parent.pk).get(), now, "kim@example.org")
        assert "Kim Carer" in client.get("/account/family/").content.decode()
        assert client.post(f"/account/family/carers/{carer.pk}/end/").status_code == 302
        assert people_of(carer) == []


class TestPortal:
    @pytest.fixture
    def client(self, now) -> Client:
        from accounts.operations.roles import sync_role_permissions

        sync_role_permissions()
        staff = create_login(
            email="desk@example.org",
            password=None,
            name="Desk",
            role=Role.STAFF,
            by=SYSTEM,
            now=now,
        )
        client = Client()
        client.force_login(staff, backend=BACKEND)
        return client

    def test_staff_open_and_end_care(self, client, parent):
        leo = Patient.objects.create(name="Leo Reed", date_of_birth=BORN)
        sent = {"email": "sam@example.org", "patient": str(leo.pk), "relation": "guardian"}
        response = client.post("/admin/accounts/care/add/", sent)
        assert response.status_code == 302
        care = Care.objects.get()
        assert (care.user, care.patient, care.opened_by) == (parent, leo, "user")
        assert AuditEvent.objects.filter(action="care.opened").count() == 1

        end = {"action": "end", "_selected_action": [care.pk]}
        client.post("/admin/accounts/care/", end)
        care.refresh_from_db()
        assert care.ended_at is not None

    def test_an_unknown_address_is_said_on_the_form(self, client):
        leo = Patient.objects.create(name="Leo Reed", date_of_birth=BORN)
        sent = {"email": "who@example.org", "patient": str(leo.pk), "relation": "guardian"}
        response = client.post("/admin/accounts/care/add/", sent)
        assert response.status_code == 200
        assert "Nobody signs in with this address" in response.content.decode()
        assert not Care.objects.exists()


def test_nobody_signed_in_is_not_everybody_without_a_login_or_carer() -> None:
    Patient.objects.create(name="Booked By Phone")

    assert not Patient.objects.of_user(None).exists()
    assert not Patient.objects.looked_after_by(None).exists()

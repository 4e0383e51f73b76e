"""The page on which staff put two records of one person together."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Care, Patient, Role
from accounts.operations.roles import sync_role_permissions
from accounts.queries import likely_pairs
from tests import factories
from tests.factories import World

PAGE = "admin:booking_merge"


@pytest.fixture
def staff(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)
    sync_role_permissions()
    client.force_login(factories.user(Role.STAFF, is_staff=True))
    return client


@pytest.fixture
def two(world: World) -> tuple[Patient, Patient]:
    born = dt.date(1990, 2, 3)
    return (
        factories.patient(name="Zoe Quinn", date_of_birth=born, phone=""),
        factories.patient(name="Zoe Quin", date_of_birth=born, phone="+13125550144"),
    )


def ids(pair: tuple[Patient, Patient]) -> dict[str, str]:
    return {"one": str(pair[0].pk), "other": str(pair[1].pk)}


def test_likely_pairs_are_alike_in_name_and_share_something(two: tuple[Patient, Patient]) -> None:
    born = dt.date(1990, 2, 3)
    factories.patient(name="Omar Haddad", date_of_birth=born)  # another of that day
    parent = factories.patient(name="Ana Reyes", phone="+13125550999", date_of_birth=None)
    factories.patient(name="Bea Reyes-Lund", phone=parent.phone, date_of_birth=born)
    again = factories.patient(name="Ana M Reyes", phone=parent.phone, date_of_birth=born)

    found = {frozenset((one.name, other.name)) for one, other in likely_pairs()}

    assert found == {frozenset(("Zoe Quinn", "Zoe Quin")), frozenset((parent.name, again.name))}


def test_from_likely_pairs_over_comparing_to_one_record(
    staff: Client, world: World, two: tuple[Patient, Patient]
) -> None:
    visit = world.book("09:00", patient=two[1])
    listed = staff.get(reverse(PAGE)).content.decode()
    assert "Zoe Quinn" in listed and "Compare" in listed
    compared = staff.get(reverse(PAGE), ids(two)).content.decode()
    assert "1, of which 1 to come" in compared

    answer = staff.post(
        reverse(PAGE), {**ids(two), "keep": "one", "phone": "other", "name": "one"}, follow=True
    )

    assert "The two records are one now." in answer.content.decode()
    left = Patient.objects.get(pk=two[0].pk)
    assert (left.name, left.phone) == ("Zoe Quinn", "+13125550144")
    visit.refresh_from_db()
    assert visit.patient == left
    assert not Patient.objects.filter(pk=two[1].pk).exists()


def test_what_stands_in_the_way_is_listed(
    staff: Client, world: World, two: tuple[Patient, Patient]
) -> None:
    world.book("09:00", patient=two[0], doctor=world.ada)
    world.book("09:00", patient=two[1], doctor=world.bob)

    assert "at the same time" in staff.get(reverse(PAGE), ids(two)).content.decode()
    refused = staff.post(reverse(PAGE), {**ids(two), "keep": "one"})

    assert refused.status_code == 409
    assert "at the same time" in refused.content.decode()
    assert Patient.objects.filter(pk__in=[two[0].pk, two[1].pk]).count() == 2


def test_nothing_is_done_before_one_is_chosen(staff: Client, two: tuple[Patient, Patient]) -> None:
    assert staff.post(reverse(PAGE), ids(two)).status_code == 409
    assert Patient.objects.filter(pk=two[1].pk).exists()


@pytest.mark.parametrize("one", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_record_that_is_not_there_is_looked_for_again(
    staff: Client, two: tuple[Patient, Patient], one: str
) -> None:
    asked = {"one": one, "other": str(two[1].pk), "keep": "one"}
    for answer in (staff.get(reverse(PAGE), asked), staff.post(reverse(PAGE), asked)):
        assert (answer.status_code, answer["Location"]) == (302, reverse(PAGE))
    same = {"one": str(two[1].pk), "other": str(two[1].pk)}
    assert staff.get(reverse(PAGE), same).status_code == 302


def test_two_are_chosen_in_the_list_of_patients(
    staff: Client, two: tuple[Patient, Patient]
) -> None:
    address = reverse("admin:accounts_patient_changelist")
    chosen = sorted(str(each.pk) for each in two)

    answer = staff.post(address, {"action": "merge", "_selected_action": chosen})
    assert answer["Location"] == f"{reverse(PAGE)}?one={chosen[0]}&other={chosen[1]}"
    answer = staff.post(address, {"action": "merge", "_selected_action": chosen[:1]}, follow=True)
    assert "Choose the two records" in answer.content.decode()


def test_who_will_see_the_record_is_shown_before_it_is_one(
    staff: Client, two: tuple[Patient, Patient], world: World
) -> None:
    """A stranger can write down a dependant with somebody's name and birthday."""
    stranger = factories.user(Role.PATIENT, name="Nobody Known")
    Care.objects.create(user=stranger, patient=two[1], opened_at=world.now, opened_by="user")

    page = staff.get(reverse(PAGE), ids(two)).content.decode()

    assert f"Nobody Known ({stranger.email})" in page

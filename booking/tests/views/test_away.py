"""The pages of time off: whose they are, and what is written down of looking at them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Role, User
from accounts.queries import forget_current_clinic
from booking import operations
from booking.models import Status
from tests import factories
from tests.factories import SYSTEM, World, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    forget_current_clinic()
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)
    world.ada.user = factories.user(Role.DOCTOR)
    world.ada.save()
    client.force_login(world.ada.user)
    return client


def off(world: World) -> Any:
    visit = world.book("10:00", doctor=world.ada)
    time_off = operations.add_time_off(
        clinic=world.clinic, doctor=world.ada, start=at("09:00"), end=at("12:00"),
        by=SYSTEM, now=world.now,
    )  # fmt: skip
    return visit, time_off


def test_a_visit_that_went_to_a_colleague_is_not_cancelled_from_here(
    ada: Client, world: World
) -> None:
    visit, time_off = off(world)
    row = time_off.affected.get()
    operations.move_affected(
        affected=row, start=visit.start, doctor=world.bob, by=SYSTEM, now=world.now
    )

    page = ada.post(
        reverse("away_deal", args=[time_off.pk, row.pk]), {"action": "cancel", "reason": "Away"}
    )

    assert page.status_code == 409
    visit.refresh_from_db()
    assert (visit.status, visit.doctor) == (Status.BOOKED, world.bob)


def test_a_visit_that_stands_is_cancelled_with_the_reason(ada: Client, world: World) -> None:
    visit, time_off = off(world)
    row = time_off.affected.get()

    address = reverse("away_deal", args=[time_off.pk, row.pk])
    ada.post(address, {"action": "cancel", "reason": "Ill"})

    visit.refresh_from_db()
    assert (visit.status, visit.cancel_reason) == (Status.CANCELLED, "Ill")


def test_who_is_no_doctor_any_more_sees_nothing_of_it(ada: Client, world: World) -> None:
    _visit, time_off = off(world)
    assert ada.get(reverse("away", args=[time_off.pk])).status_code == 200

    world.ada.user.groups.clear()
    assert ada.get(reverse("away_list")).status_code == 302, "signed out with the role"
    ada.force_login(User.objects.get(pk=world.ada.user.pk))

    for address in (reverse("away_list"), reverse("away", args=[time_off.pk])):
        assert ada.get(address).status_code == 404


@pytest.mark.parametrize("page", ["away", "away_calls"])
def test_that_patients_were_looked_at_is_written_down(ada: Client, world: World, page: str) -> None:
    visit, time_off = off(world)

    ada.get(reverse(page, args=[time_off.pk]))

    seen = AuditEvent.objects.get(action="timeoff.viewed")
    assert seen.data["appointments"] == [str(visit.pk)]
    assert str(seen.user_id) == str(world.ada.user_id)

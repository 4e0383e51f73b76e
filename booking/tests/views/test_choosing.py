from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from accounts.queries import forget_current_clinic
from booking import links, operations
from booking.models import Proposal, Status
from clinic.lib.times import iso_z
from tests import factories
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def proposal() -> Proposal:
    """Ada is away at ten, in three days; Bob is free then and after."""
    forget_current_clinic()
    now = timezone.now()
    start = (now + dt.timedelta(days=3)).replace(hour=10, minute=0, second=0, microsecond=0)
    clinic = factories.clinic()
    ada, bob = (factories.doctor(clinic, name=name) for name in ("Ada Adams", "Bob Brown"))
    kind = factories.visit_type(clinic, ada, bob, name="Heart check")
    for doctor in (ada, bob):
        factories.cells(doctor, start, 4)
    patient = factories.patient(name="Maria Secret")
    operations.book(
        visit_type=kind, start=start, doctor=ada, patient=patient, by=SYSTEM, now=now,
        reason="Chest pain",
    )  # fmt: skip
    time_off = operations.add_time_off(
        clinic=clinic, doctor=ada, start=start, end=start + dt.timedelta(hours=1),
        by=SYSTEM, now=now,
    )  # fmt: skip
    return operations.propose(
        affected=time_off.affected.get(), options=[(start, bob)], by=SYSTEM, now=now
    )


def page(client: Client, proposal: Proposal) -> Any:
    token = signing.dumps(str(proposal.pk), salt=links.PROPOSAL_SALT)
    return client.get(reverse("choose", args=[token]))


def send(client: Client, proposal: Proposal, **data: str) -> Any:
    token = signing.dumps(str(proposal.pk), salt=links.PROPOSAL_SALT)
    return client.post(reverse("choose", args=[token]), data)


def first(proposal: Proposal) -> str:
    ((start, doctor), *_more) = proposal.offered
    return f"{iso_z(start)}/{doctor}"


def test_it_shows_times_and_doctors_and_nothing_else_of_the_visit(
    client: Client, proposal: Proposal
) -> None:
    answer = page(client, proposal)

    text = answer.content.decode()
    assert answer.status_code == 200 and "Bob Brown" in text
    for secret in ("Heart check", "Chest pain", "Maria", "Secret"):
        assert secret not in text
    proposal.refresh_from_db()
    assert proposal.status == "open"  # looking is not answering


def test_a_forged_link_or_one_for_something_else_is_unknown(
    client: Client, proposal: Proposal
) -> None:
    for token in ("x", signing.dumps(str(proposal.pk), salt=links.GUEST_SALT)):
        assert client.get(reverse("choose", args=[token])).status_code == 404
        assert client.post(reverse("choose", args=[token]), {"answer": "none"}).status_code == 404


def test_a_time_is_chosen_and_pressed_twice_it_is_the_same(
    client: Client, proposal: Proposal
) -> None:
    for _twice in range(2):
        assert send(client, proposal, option=first(proposal)).status_code == 302

    assert "Your visit has a new time" in page(client, proposal).content.decode()


def test_what_is_taken_is_said_kindly_with_what_is_next(client: Client, proposal: Proposal) -> None:
    visit, ((start, doctor_id), *_more) = proposal.appointment, proposal.offered
    operations.book(
        visit_type=visit.visit_type, start=start, patient=factories.patient(), by=SYSTEM,
        doctor=visit.visit_type.doctors.get(pk=doctor_id), now=timezone.now(),
    )  # fmt: skip

    answer = send(client, proposal, option=first(proposal))

    text = answer.content.decode()
    assert answer.status_code == 409
    assert "has just been taken" in text and "These are the next best" in text
    assert "10:15" in text


@pytest.mark.parametrize("option", ["", "x", "2026-01-01/x", "2026-01-01T00:00:00Z/"])
def test_nonsense_is_answered_with_the_page(
    client: Client, proposal: Proposal, option: str
) -> None:
    assert send(client, proposal, option=option).status_code == 400


def test_none_of_them_suits_or_the_visit_is_cancelled(client: Client, proposal: Proposal) -> None:
    assert send(client, proposal, answer="none").status_code == 302
    assert "We will call you" in page(client, proposal).content.decode()
    assert send(client, proposal, answer="cancel").status_code == 409
    proposal.appointment.refresh_from_db()
    assert proposal.appointment.status == Status.BOOKED


def test_a_cancelled_visit_says_so(client: Client, proposal: Proposal) -> None:
    assert send(client, proposal, answer="cancel").status_code == 302

    answer = page(client, proposal)
    assert (answer.status_code, "cancelled" in answer.content.decode()) == (410, True)


def test_a_doctor_deals_with_the_own_visits_and_sees_no_others(
    client: Client, proposal: Proposal
) -> None:
    row = proposal.affected
    doctor = row.time_off.doctor
    doctor.user = factories.user(Role.DOCTOR)
    doctor.save()
    other = factories.doctor(doctor.clinic, user=factories.user(Role.DOCTOR))
    deal = reverse("away_deal", args=[row.time_off_id, row.pk])

    client.force_login(other.user)
    assert client.post(deal, {"action": "keep", "reason": "Mine"}).status_code == 404
    client.force_login(doctor.user)
    assert client.post(deal, {"action": "keep"}).status_code == 400
    assert client.post(deal, {"action": "move", "option": "x"}).status_code == 400
    assert client.post(deal, {"action": "move", "option": first(proposal)}).status_code == 302
    assert client.post(deal, {"action": "keep", "reason": "Too late"}).status_code == 409

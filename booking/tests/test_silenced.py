"""Who cannot be written to any more, and has a visit to come."""

from __future__ import annotations

import datetime as dt

import pytest

from booking import operations, silenced
from notifications.models import Channel, Suppression
from notifications.operations import lift, suppress
from tests import factories
from tests.factories import NOW, SYSTEM

pytestmark = pytest.mark.django_db

NUMBER, ADDRESS = "+14155550123", "Maria@example.org"


def _closed(world, patient, *, mail: bool = False, texts: bool = False, now=NOW) -> bool:
    """Whether the desk is asked to call, with these of the patient's ways suppressed."""
    for is_closed, channel, address in ((mail, "email", ADDRESS), (texts, "sms", NUMBER)):
        if is_closed:
            reason = Suppression.Reason.BOUNCE
            suppress(channel=channel, address=address, reason=reason, by=SYSTEM, now=NOW)
    return silenced.coming(world.clinic, now=now).filter(patient=patient).exists()


def _patient(world, **fields):
    """With a visit tomorrow morning."""
    patient = factories.patient(**{"email": ADDRESS, "phone": NUMBER} | fields)
    world.book(patient=patient)
    return patient


@pytest.mark.parametrize(
    ("fields", "mail", "texts", "call"),
    [
        ({}, False, False, False),
        ({}, True, False, True),
        ({}, True, True, True),
        ({}, False, True, False),  # never agreed to texts: mail goes on
        ({"texts_agreed_at": NOW}, True, False, False),
        ({"texts_agreed_at": NOW}, False, True, False),
        ({"texts_agreed_at": NOW}, True, True, True),
        ({"texts_agreed_at": NOW, "email": ""}, False, True, True),
        ({"texts_agreed_at": NOW, "phone": ""}, True, False, True),
        ({"email": "", "phone": ""}, True, True, False),
    ],
)
def test_the_desk_calls_when_every_way_is_closed(world, fields, mail, texts, call):
    assert _closed(world, _patient(world, **fields), mail=mail, texts=texts) is call


def test_the_address_somebody_signs_in_with_counts_when_there_is_no_other(world):
    user = factories.user(email=ADDRESS.lower())
    assert _closed(world, _patient(world, email="", user=user), mail=True)


def test_a_lifted_suppression_closes_nothing(world):
    patient = _patient(world)
    assert _closed(world, patient, mail=True)
    lift(suppression=Suppression.objects.get(channel=Channel.EMAIL), by=SYSTEM, now=NOW)
    assert not _closed(world, patient)


@pytest.mark.parametrize("now", [NOW + dt.timedelta(days=1), NOW - dt.timedelta(days=31)])
def test_only_visits_of_the_next_weeks_are_called_for(world, now):
    assert not _closed(world, _patient(world), mail=True, now=now)


def test_what_is_cancelled_is_not_called_for(world):
    patient = _patient(world)
    visit = patient.appointments.get()
    operations.cancel(appointment=visit, by=SYSTEM, now=NOW, reason="")
    assert not _closed(world, patient, mail=True)

"""The small commands: each makes one call and says what was done."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import time_machine
from django.core.management import CommandError, call_command

from booking.models import Slot, Status
from tests import factories
from tests.factories import NOW, World


@pytest.fixture(autouse=True)
def _noon() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.strip()


def answered(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(capsys.readouterr().out)


def test_generate_slots_fills_the_days_asked_for(
    db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    clinic = factories.clinic()
    factories.hours(factories.doctor(clinic), "09:00", "10:00")

    call_command("generate_slots", "--days", "2")
    assert said(capsys) == "Slots of 1 doctors up to 2026-06-03: 12 made, 0 removed, 0 changed."
    call_command("generate_slots", "--days", "2", "--json")

    assert answered(capsys) == {
        "clinic": str(clinic.pk),
        "last": "2026-06-03",
        "doctors": 1,
        "created": 0,
        "removed": 0,
        "changed": 0,
    }


@pytest.mark.parametrize("by_name", [True, False])
def test_generate_slots_serves_the_clinic_that_is_named(db: None, by_name: bool) -> None:
    factories.hours(factories.doctor(factories.clinic()), "09:00", "10:00")
    other = factories.clinic(name="Other", is_current=False)
    doctor = factories.doctor(other)
    factories.hours(doctor, "09:00", "10:00")

    call_command("generate_slots", "--days", "0", "--clinic", other.name if by_name else other.pk)

    assert {slot.doctor_id for slot in Slot.objects.all()} == {doctor.pk}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "no clinic yet"),
        (["--clinic", "Nowhere"], "No clinic has"),
        (["--days", "-1"], "--days"),
    ],
)
def test_generate_slots_says_what_is_missing(db: None, arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("generate_slots", *arguments)


def test_a_name_that_two_clinics_have_is_not_guessed(db: None) -> None:
    factories.clinic(name="Twin")
    factories.clinic(name="Twin", is_current=False)

    with pytest.raises(CommandError, match="More than one"):
        call_command("generate_slots", "--clinic", "Twin")


def test_expire_holds_ends_the_stale_ones(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    stale = world.hold("09:00", now=NOW - dt.timedelta(minutes=11))
    fresh = world.hold("11:30")

    call_command("expire_holds")
    assert said(capsys) == "Ended 1 holds."
    call_command("expire_holds", "--json")
    assert answered(capsys) == {"ended": 0}

    stale.refresh_from_db()
    fresh.refresh_from_db()
    assert (stale.status, fresh.status) == (Status.EXPIRED, Status.HELD)


def test_lapse_requests_ends_what_nobody_answered(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    approved = factories.visit_type(world.clinic, world.ada, needs_approval=True)
    request = world.book("09:00", visit_type=approved)

    with time_machine.travel(request.start, tick=False):
        call_command("lapse_requests", "--json")

    assert answered(capsys) == {"ended": 1}
    request.refresh_from_db()
    assert request.status == Status.LAPSED

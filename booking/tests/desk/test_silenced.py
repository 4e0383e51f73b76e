"""The desk's list of whom to call has those too whom no message can reach any more."""

from __future__ import annotations

from notifications.operations import suppress
from tests import factories
from tests.factories import SYSTEM

URL = "/admin/desk/not-reached/"


def test_the_desk_sees_whom_no_message_can_reach(staff, world):
    patient = factories.patient(name="Maria <Jones>", email="maria@example.org")
    world.book(patient=patient)
    assert "Maria" not in staff.get(URL).content.decode()
    suppress(channel="email", address=patient.email, reason="complaint", by=SYSTEM, now=world.now)
    page = staff.get(URL).content.decode()
    assert "No message can reach them any more" in page
    assert "Maria &lt;Jones&gt;" in page

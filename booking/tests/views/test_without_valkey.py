from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from booking import changed_days
from booking.models import Appointment, Status
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_valkey(
    world: factories.World, embedded_services: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    monkeypatch.setattr(changed_days, "_resting_until", 0.0)  # again for the tests after this
    embedded_services.stop_one("valkey")
    yield
    embedded_services.start_one("valkey")


def test_a_visit_is_booked_while_valkey_is_down(
    world: factories.World, patient_client: Client, no_valkey: None
) -> None:
    assert patient_client.get("/").status_code == 200
    assert "12 free times" in patient_client.get("/book/checkup/").content.decode()
    kept = patient_client.post("/book/checkup/hold/", {"start": "2026-06-02T09:00:00Z"})
    booked = patient_client.post(kept["Location"], {}, follow=True)
    assert "Your visit is booked" in booked.content.decode()
    assert Appointment.objects.get().status == Status.BOOKED

"""Browsers of two doctors, on the morning of the day that `world` has cells for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.test import Client

from accounts.models import Doctor, Role
from accounts.queries import forget_current_clinic
from tests import factories
from tests.factories import at


@pytest.fixture(autouse=True)
def clock() -> Iterator[Callable[[str], None]]:
    """`clock("10:05")` sets what time it is; a day begins at half past eight."""
    forget_current_clinic()
    with time_machine.travel(at("08:30"), tick=False) as traveller:
        yield lambda wall: traveller.move_to(at(wall))
    forget_current_clinic()


def _client_of(doctor: Doctor) -> Client:
    doctor.user = factories.user(Role.DOCTOR)
    doctor.save()
    client = Client()
    client.force_login(doctor.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def ada(world: factories.World) -> Client:
    return _client_of(world.ada)


@pytest.fixture
def bob(world: factories.World) -> Client:
    return _client_of(world.bob)

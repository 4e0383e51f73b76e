"""Staff at the desk of the test's clinic, at its present moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Role
from accounts.operations.roles import sync_role_permissions
from tests import factories
from tests.factories import World


@pytest.fixture
def staff(client: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("django.utils.timezone.now", lambda: world.now)
    sync_role_permissions()
    client.force_login(factories.user(Role.STAFF, is_staff=True, name="Robin Castellano"))
    return client


@pytest.fixture
def clock(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the time of tomorrow, the day on which the test's visits are."""

    def set_(time: str) -> None:
        world.now = factories.at(time)

    return set_

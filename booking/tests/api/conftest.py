"""Clients of the API: nobody, a patient with a token, another patient, a doctor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Patient, Role, User
from accounts.operations import tokens
from booking.api import availability, places
from tests import factories
from tests.factories import SYSTEM


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """What the process believes of addresses is another test's."""
    availability._known.clear()
    places._made.clear()
    yield


@pytest.fixture(autouse=True)
def _standing_clock() -> Iterator[None]:
    with time_machine.travel(factories.NOW, tick=False):
        yield


def with_token(user: User) -> APIClient:
    _token, text = tokens.issue(user=user, now=timezone.now(), by=SYSTEM)
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {text}")


@pytest.fixture
def pat(world: factories.World) -> Patient:
    return factories.patient(with_login=True, name="Pat Patient")


@pytest.fixture
def anonymous(world: factories.World) -> APIClient:
    return APIClient()


@pytest.fixture
def patient(pat: Patient) -> APIClient:
    assert pat.user is not None
    return with_token(pat.user)


@pytest.fixture
def stranger(world: factories.World) -> APIClient:
    other = factories.patient(with_login=True, name="Some Stranger")
    assert other.user is not None
    return with_token(other.user)


@pytest.fixture
def doctor(world: factories.World) -> APIClient:
    """Signed in, but nobody's patient."""
    user = factories.user(Role.DOCTOR)
    world.ada.user = user
    world.ada.save()
    return with_token(user)


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The problem document that `response` must be."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    document = response.json()
    assert document["status"] == status
    assert document["code"] == code, document
    assert document["type"] and document["title"] and document["detail"]
    return document

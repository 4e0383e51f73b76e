from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import ApiToken, Role
from tests import factories

pytestmark = pytest.mark.django_db

PASSWORD = "correct-horse-9"


@pytest.fixture
def person(client: Client, world: factories.World) -> factories.User:
    """Somebody who is signed in and has just given the password once more."""
    user = factories.user(Role.PATIENT, password=PASSWORD)
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    return user


def make(client: Client) -> str:
    page = client.post("/account/tokens/")
    return re.search(r"<code>([\w-]{40,})</code>", page.content.decode()).group(1)


def test_a_token_is_shown_once_and_works(client: Client, person: factories.User) -> None:
    token = make(client)

    answer = Client().get("/api/v1/appointments", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert token not in client.get("/account/tokens/").content.decode()


def test_looking_makes_none(client: Client, person: factories.User) -> None:
    assert "no token" in client.get("/account/tokens/").content.decode()
    assert not ApiToken.objects.exists()


def test_people_with_a_second_factor_make_theirs_here(
    client: Client, person: factories.User
) -> None:
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    refused = Client().post(
        "/api/v1/auth/token",
        {"email": person.email, "password": PASSWORD},
        content_type="application/json",
    )

    assert refused.status_code == 403
    assert make(client)


def test_signing_in_is_not_enough_to_make_one(client: Client, world: factories.World) -> None:
    user = factories.user(Role.PATIENT, password=PASSWORD)
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})

    answer = client.post("/account/tokens/")

    assert answer["Location"].startswith("/account/reauthenticate/")
    assert not ApiToken.objects.exists()


def test_an_ended_token_is_dead(client: Client, person: factories.User) -> None:
    token = make(client)
    client.post(f"/account/tokens/{ApiToken.objects.get().pk}/revoke/")

    answer = Client().get("/api/v1/appointments", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_nobody_ends_anothers_token(client: Client, person: factories.User) -> None:
    make(client)
    stranger = Client()
    stranger.force_login(factories.user(Role.PATIENT))

    answer = stranger.post(f"/account/tokens/{ApiToken.objects.get().pk}/revoke/")

    assert answer.status_code == 404
    assert ApiToken.objects.get().revoked_at is None

"""SECRET_KEY is exchanged: what the old key made is still good while it is among the fallbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def exchange(settings: Any) -> Callable[..., None]:
    def work(*, keep: bool) -> None:
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY] if keep else []
        settings.SECRET_KEY = "n" * 60

    return work


@pytest.fixture
def person(world: World) -> Any:
    return factories.patient(with_login=True).user


def is_in(client: Client) -> bool:
    return client.get(reverse("account_email")).status_code == 200


def test_people_stay_signed_in_and_their_sessions_take_the_new_key(
    person: Any, exchange: Callable[..., None], settings: Any
) -> None:
    client = Client()
    client.force_login(person)
    exchange(keep=True)
    assert is_in(client)

    settings.SECRET_KEY_FALLBACKS = []
    assert is_in(client)


def test_without_the_old_key_everybody_is_signed_out(
    person: Any, exchange: Callable[..., None]
) -> None:
    client = Client()
    client.force_login(person)
    exchange(keep=False)

    assert not is_in(client)


@pytest.mark.parametrize("keep", [True, False])
def test_links_and_signed_values_live_as_long_as_the_old_key(
    person: Any, exchange: Callable[..., None], keep: bool
) -> None:
    signed, reset = signing.dumps("x", salt="s"), default_token_generator.make_token(person)
    exchange(keep=keep)

    if keep:
        assert signing.loads(signed, salt="s") == "x"
    else:
        with pytest.raises(signing.BadSignature):
            signing.loads(signed, salt="s")
    assert default_token_generator.check_token(person, reset) is keep

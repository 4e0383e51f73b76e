"""A language is offered once its words are there."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from clinic.lib.languages import current_language
from tests.factories import World


def test_every_language_that_is_offered_has_its_catalogue() -> None:
    others = [code for code, _name in settings.LANGUAGES if code != "en"]

    for code in others:
        for folder in settings.LOCALE_PATHS:
            assert (Path(folder) / code / "LC_MESSAGES" / "django.po").exists()


@pytest.mark.django_db
def test_a_browser_that_asks_for_another_gets_the_first(client: Client, world: World) -> None:
    assert 'lang="en"' in client.get("/", HTTP_ACCEPT_LANGUAGE="es-MX, es").content.decode()


@pytest.mark.parametrize(("active", "expected"), [("en-gb", "en"), ("es", "en"), (None, "en")])
def test_what_is_kept_of_a_language_is_one_that_is_offered(
    active: str | None, expected: str
) -> None:
    with translation.override(active):
        assert current_language() == expected

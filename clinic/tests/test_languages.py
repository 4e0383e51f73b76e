"""A language is offered once its words are there, and whoever reads it gets all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client
from django.utils import translation

from clinic.lib.languages import current_language
from deploy.local import catalogue
from tests.factories import World

PLACEHOLDERS = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}|</?\w+[^>]*>")
OTHERS = [code for code, _name in settings.LANGUAGES if code != "en"]


def messages(language: str) -> Iterator[Any]:
    path = Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        yield from (message for message in read_po(file, locale=language) if message.id)


def key(message: Any) -> tuple[Any, str | None]:
    return (message.id, message.context)


@pytest.mark.parametrize("language", OTHERS)
class TestCatalogue:
    def test_it_has_all_that_patients_read_and_nothing_else(self, language: str) -> None:
        said = {key(message) for message in catalogue.extracted() if message.id}
        translated = {key(message) for message in messages(language)}

        assert said - translated == set(), "run `make messages`, and translate"
        assert translated - said == set(), "run `make messages`"

    def test_nothing_is_left_out_or_guessed(self, language: str) -> None:
        assert [m.id for m in messages(language) if not catalogue.is_translated(m)] == []

    def test_a_translation_has_the_places_and_tags_of_its_original(self, language: str) -> None:
        for message in messages(language):
            originals = message.id if isinstance(message.id, tuple) else (message.id,)
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            wanted = sorted(PLACEHOLDERS.findall(originals[-1]))
            assert sorted(PLACEHOLDERS.findall(strings[-1])) == wanted, message.id
            # A singular may say “one” instead of the number.
            assert set(PLACEHOLDERS.findall(strings[0])) <= set(wanted), message.id


def test_words_of_templates_and_of_code_are_found(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(catalogue, "CHECKOUT", tmp_path)
    page, code = tmp_path / "page.html", tmp_path / "code.py"
    page.write_text(
        "{% load i18n %}  {% trans 'One' %}\n    <p title=\"it's\">"
        "{% blocktrans count n=n %}{{ n }} day{% plural %}{{ n }} days{% endblocktrans %}"
        "\n {% firstof x _('Two') %}"
    )
    code.write_text("a = pgettext('where', 'Three')\nb = _('Four ' 'and five')\nc = print('Six')\n")

    found = {key(message) for message in catalogue.extracted([page, code]) if message.id}

    assert found == {
        ("One", None),
        ("Two", None),
        (("%(n)s day", "%(n)s days"), None),
        ("Three", "where"),
        ("Four and five", None),
    }


def test_a_new_source_file_is_the_patients_until_it_is_named_as_the_staffs() -> None:
    assert not catalogue.is_staffs("booking/views/brand_new.py")
    assert not catalogue.is_staffs("templates/notifications/brand_new/sms.txt")
    assert catalogue.is_staffs("templates/admin/booking/brand_new.html")


@pytest.mark.django_db
def test_a_browser_gets_the_first_of_its_languages_that_is_offered(
    client: Client, world: World
) -> None:
    def page(wishes: str) -> str:
        return client.get("/", HTTP_ACCEPT_LANGUAGE=wishes).content.decode()

    assert 'lang="es"' in page("es-MX, es")
    assert 'lang="es"' in page("fr, es;q=0.5")
    assert 'lang="en"' in page("fr")


@pytest.mark.parametrize(
    ("active", "expected"), [("en-gb", "en"), ("es-mx", "es"), ("fr", "en"), (None, "en")]
)
def test_what_is_kept_of_a_language_is_one_that_is_offered(
    active: str | None, expected: str
) -> None:
    with translation.override(active):
        assert current_language() == expected

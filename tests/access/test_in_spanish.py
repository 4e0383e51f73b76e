"""Every page that patients open, in Spanish: no sentence of it is left in English."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from django.conf import settings
from django.db import transaction
from django.test import Client

from accounts.languages import API_PATHS, SESSION_KEY, for_staff
from accounts.models import Patient
from tests.access.matrix import Row, rows
from tests.access.test_access import undone_later

READERS = ("anonymous", "patient", "other_patient", "carer")
SCRIPTS = re.compile(r"<script.*?</script>|<style.*?</style>", re.DOTALL)
TAGS = re.compile(r"<[^>]*>")
# No words of Spanish, and hardly an English sentence does without any of them.
ENGLISH = re.compile(r"\b(the|you|your|and|with|of|is|are|this|for|to|not|we)\b", re.IGNORECASE)


def english_sentences() -> set[str]:
    path = Path(settings.LOCALE_PATHS[0], "es", "LC_MESSAGES", "django.po")
    with path.open("rb") as file:
        ids = [message.id for message in read_po(file, locale="es")]
    whole = (each for each in ids if isinstance(each, str) and "%(" not in each)
    return {each for each in whole if len(each) > 11 and " " in each}


def client_for(person: str, things: Any) -> Client:
    client: Client = things.client(person, headers={"accept-language": "es"})
    if person != "anonymous":
        session = client.session
        session[SESSION_KEY] = "es"
        session.save()
    return client


def pages(things: Any) -> Iterator[tuple[str, str]]:
    """Whatever patients and visitors may open; and what answers a form that was sent empty."""
    for row in rows().values():
        path = row.path(things)
        if for_staff(path) or path.startswith(API_PATHS) or "api" in path:
            continue
        for person in set(READERS) & set(row.persons):
            for method in ("GET", "POST"):
                content = asked(row, method, person, things)
                if content is not None:
                    yield f"{method} {row.route} as {person}", content


def asked(row: Row, method: str, person: str, things: Any) -> str | None:
    expected = row.expected(method)
    if expected is None or expected[person] in (301, 302, 404, 405, "sign-in page"):
        return None
    with undone_later():
        response = getattr(client_for(person, things), method.lower())(row.path(things))
        transaction.set_rollback(True)
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return None
    return response.content.decode() or None


def test_no_page_of_the_patients_has_an_english_sentence(things: Any, subtests: Any) -> None:
    # What a link in a message opens speaks as the message does.
    Patient.objects.update(language="es")
    sentences, seen = english_sentences(), 0
    for name, content in pages(things):
        with subtests.test(name):
            seen += 1
            assert '<html lang="es"' in content
            source = html.unescape(SCRIPTS.sub(" ", content))
            assert {each for each in sentences if each in source} == set()
            text = TAGS.sub(" ", source)
            left = [text[max(0, m.start() - 40) : m.end() + 40] for m in ENGLISH.finditer(text)]
            assert left == []
    assert seen > 60

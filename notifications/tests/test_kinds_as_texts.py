"""What every kind of message says as a text message."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from django.conf import settings

from notifications.catalog import KINDS
from notifications.channels import Letter
from notifications.models import Channel
from notifications.rendering.sms import in_plain_letters, sms_text
from notifications.segments import in_parts

TEXTED = [name for name, kind in KINDS.items() if Channel.SMS in kind.channels]
LANGUAGES = [code for code, _name in settings.LANGUAGES]
# As long as a signed link is, on a host with a long name.
LINK = f"https://appointments.riverside-clinic.example.org/choose/{'x' * 102}/"
LONG = "Riverside Center for Family Medicine and Pediatrics of Springfield"
# The longest that the patterns of dates make.
WHENS = {"en": "Wednesday 30 September, 12:30 pm", "es": "miércoles 30 de septiembre, 12:30"}


def said(name: str, language: str = "en", **changes: object) -> str:
    context = {**KINDS[name].sample, **changes}
    return sms_text(Letter(uuid.uuid4(), name, "+14155550123", language, context))


def test_a_kind_has_words_for_texts_exactly_if_it_says_so() -> None:
    folder = Path(settings.BASE_DIR, "templates", "notifications")
    assert {path.parent.name for path in folder.glob("*/sms.txt")} == set(TEXTED)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", TEXTED)
def test_it_has_two_parts_at_most_however_long_the_names(name: str, language: str) -> None:
    when = WHENS[language]
    text = said(name, language, clinic_name=LONG, when=when, until=when, url=LINK, minutes="120")
    parts = in_parts(text)
    assert (parts.encoding, parts.count <= 2) == ("gsm-7", True), text
    assert when.replace("á", "a") in text
    assert text.endswith(LINK)
    assert text.startswith("Riverside")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", TEXTED)
def test_it_names_the_clinic_the_time_and_a_link_and_nobody(name: str, language: str) -> None:
    """A doctor's name tells the specialty, a child's whose visit it is; both stand on the page."""
    sample = KINDS[name].sample
    text = said(name, language)
    for key in ("clinic_name", "when", "url"):
        assert sample[key] in text
    for key in ("doctor", "patient_name", "for_name", "reason", "what_to_bring", "where"):
        assert not sample.get(key) or str(sample[key]) not in text


@pytest.mark.parametrize("name", TEXTED)
def test_in_spanish_it_is_spanish(name: str) -> None:
    assert said(name, "es").split(":")[1] != said(name).split(":")[1]


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("sábado a las 9:30 en la Clínica Río", "sabado a las 9:30 en la Clinica Rio"),
        ("miércoles, mañana, pingüino", "miércoles, mañana, pingüino"),
        ("Dvořák", "Dvorak"),
        ("Ąą İı", "Ąą İı"),  # one letter has no plain form: then none is changed
        ("诊所 sábado", "诊所 sábado"),
    ],
)
def test_accents_are_left_out_where_a_part_is_saved_by_it(written: str, sent: str) -> None:
    assert in_plain_letters(written) == written
    rest = " and so on" * 7
    assert in_plain_letters(written + rest) == sent + rest

"""What a text message says: short, on one line, its time and its link whole."""

from __future__ import annotations

import uuid

import pytest
from django.template import TemplateDoesNotExist
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels import Letter
from notifications.rendering.sms import PARTS, TooLong, cut_name, one_line, sms_text
from notifications.segments import in_parts

URL = "https://clinic.example.org/a/0f8b6f9e-3c2d-4a51-9b55-000000000000/confirm?t=abcdefghij"
WHEN = "Tuesday 3 December, 9:30 am"
# A line break and an indentation that its template has and its reader shall not see.
TEMPLATE = (
    "{% load i18n %}{% blocktrans %}{{ clinic_name }}:\n   {{ patient_name }}, {{ when }}"
    " with {{ doctor }}{% endblocktrans %}\n\n{{ url }}\n"
)


@pytest.fixture
def words(settings, tmp_path):
    """Templates of the tests' own, so that a change of wording breaks none of them."""
    settings.TEMPLATES = [{**settings.TEMPLATES[1], "DIRS": [tmp_path]}]
    folder = tmp_path / "notifications" / "told"
    folder.mkdir(parents=True)
    (folder / "sms.txt").write_text(TEMPLATE)
    return folder / "sms.txt"


def _letter(**context):
    names = {"clinic_name": "Riverside", "patient_name": "Maria", "doctor": "Dr Stone"}
    return Letter(
        id=uuid.uuid4(),
        template="told",
        recipient="+14155550123",
        language="en",
        context={**names, "when": WHEN, "url": URL, **context},
    )


def test_it_is_one_line_and_no_html(words):
    text = sms_text(_letter(patient_name="Ana O'Brien & Söhne <b>"))
    assert text == f"Riverside: Ana O'Brien & Söhne <b>, {WHEN} with Dr Stone {URL}"


def test_names_are_cut_and_time_and_link_are_not(words):
    long = "Wolfeschlegelsteinhausenbergerdorff " * 9
    text = sms_text(_letter(patient_name=long, doctor=long, clinic_name=long))
    assert WHEN in text and text.endswith(URL)
    assert in_parts(text).count <= PARTS
    assert "Wolfeschleg" in text


def test_short_names_stay_whole_however_long_the_rest(words):
    url = URL + "x" * 600
    text = sms_text(_letter(url=url))
    assert text.startswith("Riverside: Maria,") and text.endswith(url)


def test_what_no_text_message_can_hold_is_no_text(words):
    with pytest.raises(TooLong):
        sms_text(_letter(url=URL + "x" * 1600))


def test_a_kind_without_words_for_texts_says_so(words):
    words.unlink()
    with pytest.raises(TemplateDoesNotExist):
        sms_text(_letter())


def test_no_name_can_turn_a_link_around_or_begin_a_line(words):
    text = sms_text(_letter(patient_name="Eve\u202e\r\nSTOP\x00\x1b\u2028x"))
    assert "Eve STOP x," in text


@pytest.mark.parametrize(
    ("name", "most", "cut"),
    [
        ("Ada", 12, "Ada"),
        ("Maximilian Wolfe", 12, "Maximilian."),
        ("Ada Wolfeschlegel", 12, "Ada Wolfesc."),
        ("Maximiliano", 8, "Maximil."),
        ("Dr. Ana-Maria", 4, "Dr."),
    ],
)
def test_a_name_is_cut_kindly(name, most, cut):
    assert cut_name(name, most) == cut


@given(st.text(), st.integers(min_value=4, max_value=60))
def test_a_cut_name_is_never_longer_than_asked(name, most):
    assert len(cut_name(name, most)) <= most


@given(st.text())
def test_one_line_is_one_line(text):
    assert len(one_line(text).splitlines()) <= 1

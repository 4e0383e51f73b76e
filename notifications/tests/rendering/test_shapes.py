"""A shape says what the templates say, to the letter, or is not used."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.catalog import KINDS, SAMPLE_CONTEXT
from notifications.channels import Letter
from notifications.rendering import Mail, shapes, words
from notifications.tests.letters import letter

BULK = [name for name, kind in KINDS.items() if kind.bulk]
LANGUAGES = ["en", "es"]
NAUGHTY = [
    "",
    " ",
    "Maria Jones",
    "O'Brien & Söhne <script>alert(1)</script>",
    "{{ when }} {% now %} {{{t_when}}} \\",
    "}}{{",
    "Zoë\r\nBcc: someone@example.org",
    "two  blanks",
    " margin ",
    "next\u2028line\x85and\x0bmore",
    "\u202eright to left",
    "👩‍⚕️ 田中さん %s %(name)s $1 \\1",
    "https://example.org/?a=1&b=2",
    "a name as long as any " * 20 + "end",
]
values = st.one_of(st.sampled_from(NAUGHTY), st.text(max_size=40))


def as_ses_would(letter: Letter, *, beside: str = "") -> Mail | None:
    """Each tag replaced by its value, and what is put in is not read again. In one call with it
    leaves a letter in which all values are `beside`."""
    fitted = shapes.fit(letter)
    if fitted is None:
        return None
    shape, own = fitted
    template, written = shape.for_ses([own, dict.fromkeys(own, beside)])
    data = json.loads(written[0])
    parts = (
        re.sub(r"\{\{(\w+)\}\}", lambda tag: data[tag[1]], template[name])
        for name in ("Subject", "Text", "Html")
    )
    return Mail(*parts)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", BULK)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_shape_says_what_the_templates_say(template, language, data):
    context = {
        key: data.draw(
            st.booleans() if isinstance(sample, bool) else st.one_of(st.just(sample), values),
            label=key,
        )
        for key, sample in SAMPLE_CONTEXT[template].items()
    }
    written = Letter(uuid.uuid4(), template, "m@example.org", language, context, uuid.uuid4())
    ordinary = words.write(written)
    assert shapes.write(written) == ordinary
    assert as_ses_would(written) in (ordinary, None)
    assert as_ses_would(written, beside="<&>") in (ordinary, None)


@pytest.mark.parametrize("template", BULK)
def test_what_people_are_called_fits(template):
    """Else the test above would prove nothing."""
    for name in ("Maria Jones", "O'Brien & Söhne", "田中さん", "{{ when }}", "<b>", "%(x)s"):
        assert shapes.fit(letter(template=template, patient_name=name)), name


@pytest.mark.parametrize(
    "change",
    [
        {"patient_name": "two\nlines"},
        {"patient_name": "two  blanks"},
        {"minutes": 20},
        {"visits": [{"when": "now"}]},
        {"calendar": "BEGIN:VCALENDAR"},
        {"clinic_name": "The {{ House }}"},
        {"Not-A-Name": "x"},
        {"visit": "of nobody"},
    ],
)
def test_what_a_shape_cannot_hold_is_rendered_for_itself(change):
    assert shapes.fit(letter(**change)) is None


def test_only_kinds_that_say_so_have_shapes():
    assert shapes.fit(letter(template="booked", calendar="")) is None
    assert shapes.fit(letter(template="no-such-folder")) is None


def test_letters_alike_share_a_shape_and_others_do_not():
    def shape_of(**changes: Any) -> shapes.Shape:
        fitted = shapes.fit(letter(**changes))
        assert fitted is not None
        return fitted[0]

    assert shape_of(patient_name="Maria") is shape_of(patient_name="José", when="today")
    assert shape_of() is not shape_of(for_name="")
    assert shape_of() is not shape_of(language="es")
    assert shape_of() is not shape_of(clinic_phone="")
    assert shape_of() is not shape_of(where="Upstairs\nleft")


def test_a_shape_knows_nobody():
    fitted = shapes.fit(letter(patient_name="Maria Jones"))
    assert fitted is not None
    shape, own = fitted
    for name in ("Maria Jones", "Maria <Jones>"):
        template, _data = shape.for_ses([own | {"patient_name": name}])
        assert "Maria" not in "".join(template.values())


def test_what_no_text_asks_for_is_not_given_to_ses():
    shape = shapes.Shape(*(shapes.Part(("Hello ", ""), ("name",)) for _each in range(3)))
    _template, data = shape.for_ses([{"name": "Maria", "birthday": "a secret"}])
    assert json.loads(data[0]) == {"name": "Maria"}


def test_only_what_reads_otherwise_in_html_is_given_twice():
    shape = shapes.Shape(*(shapes.Part(("", " ", ""), ("name", "when")) for _each in range(3)))
    odd, plain = {"name": "O'Brien", "when": "today"}, {"name": "Maria", "when": "today"}
    template, data = shape.for_ses([plain, odd])
    assert template == {
        "Subject": "{{name}} {{when}}",
        "Text": "{{name}} {{when}}",
        "Html": "{{H_name}} {{when}}",
    }
    assert [json.loads(each) for each in data] == [
        plain | {"H_name": "Maria"},
        odd | {"H_name": "O&#x27;Brien"},
    ]
    assert shape.for_ses([plain])[0]["Html"] == "{{name}} {{when}}"


@pytest.mark.parametrize("body", ["{{ when|upper }}", "{{ when|truncatechars:9 }}", "\\{{ when }}"])
def test_a_template_that_does_more_than_place_strings_has_no_shape(body, tmp_path, settings):
    """Seen by what is left of the mark; what leaves no trace, the first test finds."""
    folder = tmp_path / "notifications" / "reminder"
    folder.mkdir(parents=True)
    for name in ("subject.txt", "body.txt", "body.html"):
        (folder / name).write_text(body)
    engine = settings.TEMPLATES[1] | {"DIRS": [tmp_path]}
    settings.TEMPLATES = [engine]
    shapes._shape.cache_clear()
    assert shapes.fit(letter()) is None
    shapes._shape.cache_clear()


def test_a_template_that_fails_is_left_to_the_ordinary_rendering(monkeypatch):
    monkeypatch.setitem(KINDS, "ghost", replace(KINDS["reminder"]))
    assert shapes.fit(letter(template="ghost")) is None

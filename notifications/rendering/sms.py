"""A message as the text of an SMS: one line, in few parts, with its time and its link whole."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from django.template import Context, Template
from django.template.backends.django import Template as Loaded
from django.template.loader import get_template
from django.utils import translation

from notifications.rendering.engine import NAME
from notifications.rendering.words import Letterlike, whole_context
from notifications.segments import BASIC, EXTENSION, in_parts

# More than this many parts is dear, and reads as spam: names are cut first, and only they.
PARTS = 2
NAMES = ("patient_name", "for_name", "doctor", "clinic_name")
NAME_LENGTHS = (40, 24, 12)
ALPHABET = BASIC | EXTENSION
# SNS takes no more in one call.
MOST_CHARACTERS = 1600

# Typesetters' signs are not in the phones' alphabet: one of them makes a text of two parts five.
PLAIN = str.maketrans(
    {
        "’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-",
        "—": "-", "‑": "-", "…": "...", "·": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ",
    }
)  # fmt: skip
# Signs that turn the direction of what follows them, and so what a link seems to say.
TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class TooLong(Exception):
    """Even with short names this is more than a text message can be."""


def sms_text(letter: Letterlike) -> str:
    """The text, of at most PARTS parts if shorter names can bring that about.

    Times and links are never cut. Raises TooLong, and whatever a template that fails raises.
    """
    template = _template(f"notifications/{letter.template}/sms.txt")
    with translation.override(letter.language):
        for context in _shorter_and_shorter(whole_context(letter)):
            # No HTML: a name with an apostrophe is written with an apostrophe.
            filled = Context(dict(context), autoescape=False)
            text = in_plain_letters(one_line(template.render(filled)))
            if in_parts(text).count <= PARTS:
                return text
    if len(text) > MOST_CHARACTERS:
        raise TooLong
    return text


def one_line(text: str) -> str:
    plain = (
        " " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character
        for character in text.translate(PLAIN)
        if character not in TURNING
    )
    return " ".join("".join(plain).split())


def in_plain_letters(text: str) -> str:
    """Without the accents that the phones' alphabet lacks (á, í, ó, ú, but not é, ñ, ü), if fewer
    parts are enough for it then: the alphabet takes 160 characters a part, everything else 70."""
    plain = "".join(
        character if character in ALPHABET else unicodedata.normalize("NFD", character)[0]
        for character in unicodedata.normalize("NFC", text)
    )
    cheaper = ALPHABET.issuperset(plain) and in_parts(plain).count < in_parts(text).count
    return plain if cheaper else text


def cut_name(name: str, most: int) -> str:
    """At a space if there is one, and with a full stop that says that it was cut."""
    if len(name) <= most:
        return name
    start = name[: most - 1]
    if not name[most - 1].isspace():
        whole_words = start.rpartition(" ")[0]
        start = whole_words if len(whole_words) * 2 >= most else start
    return start.rstrip(" .,-") + "."


def _shorter_and_shorter(context: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield context
    for most in NAME_LENGTHS:
        names = {
            key: cut_name(value, most)
            for key in NAMES
            if isinstance(value := context.get(key), str)
        }
        yield {**context, **names}


def _template(name: str) -> Template:
    loaded = get_template(name, using=NAME)
    assert isinstance(loaded, Loaded)
    return loaded.template

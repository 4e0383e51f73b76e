"""Parts of text messages, at the borders."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.segments import BASIC, EXTENSION, in_parts


def test_the_alphabet_has_its_127_characters_besides_the_escape():
    assert len(BASIC) == 127
    assert len(EXTENSION) == 10
    assert not BASIC & EXTENSION


@pytest.mark.parametrize(
    ("text", "encoding", "units", "lengths"),
    [
        ("", "gsm-7", 0, [0]),
        ("a" * 160, "gsm-7", 160, [160]),
        ("a" * 161, "gsm-7", 161, [153, 8]),
        ("a" * 306, "gsm-7", 306, [153, 153]),
        ("a" * 307, "gsm-7", 307, [153, 153, 1]),
        ("€" * 80, "gsm-7", 160, [80]),
        ("a" + "€" * 80, "gsm-7", 161, [77, 4]),
        # The escape would be the 153rd septet: it goes over with what it escapes.
        ("a" * 152 + "€" + "a" * 10, "gsm-7", 164, [152, 11]),
        ("a" * 151 + "€" + "a" * 10, "gsm-7", 163, [152, 10]),
        # One septet lost at a border can make another part.
        ("a" * 152 + "€" + "a" * 152, "gsm-7", 306, [152, 152, 1]),
        ("ñéü¿¡", "gsm-7", 5, [5]),
        ("á", "ucs-2", 1, [1]),
        ("я" * 70, "ucs-2", 70, [70]),
        ("я" * 71, "ucs-2", 71, [67, 4]),
        ("я" * 134, "ucs-2", 134, [67, 67]),
        ("я" * 135, "ucs-2", 135, [67, 67, 1]),
        ("😀" * 35, "ucs-2", 70, [35]),
        ("😀" * 36, "ucs-2", 72, [33, 3]),
        # A pair that would straddle the border goes over whole.
        ("я" * 66 + "😀" + "я" * 10, "ucs-2", 78, [66, 11]),
        ("я" * 65 + "😀" + "я" * 10, "ucs-2", 77, [66, 10]),
        # One character that the alphabet lacks makes all of it UCS-2; an extension is one unit then
        ("a" * 159 + "’", "ucs-2", 160, [67, 67, 26]),
        ("€" * 70 + "я", "ucs-2", 71, [67, 4]),
    ],
)
def test_a_text_is_cut_where_phones_can_put_it_together(text, encoding, units, lengths):
    parts = in_parts(text)
    assert (parts.encoding, parts.units) == (encoding, units)
    assert [len(part) for part in parts.texts] == lengths


def test_parts_cost_what_the_settings_say(settings):
    settings.SMS_PART_PRICE = "0.00645"
    assert in_parts("a" * 161).cost == Decimal("0.01290")
    assert in_parts("a").cost == Decimal("0.00645")


def _octets(text: str, encoding: str) -> int:
    """By another way than the module's: the bytes themselves."""
    if encoding == "ucs-2":
        return len(text.encode("utf-16-be"))
    septets = sum(1 + (character in "\f^{}\\[~]|€") for character in text)
    return -(-septets * 7 // 8)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400))
def test_nothing_is_lost_and_every_part_fits_beside_its_header(text):
    parts = in_parts(text)
    assert "".join(parts.texts) == text
    room = 140 if parts.count == 1 else 134
    assert all(_octets(part, parts.encoding) <= room for part in parts.texts)
    # None is cut before it must be: the next character would not have fitted.
    for part, following in zip(parts.texts, parts.texts[1:], strict=False):
        assert _octets(part + following[0], parts.encoding) > 134

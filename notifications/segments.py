"""How many parts a text message is sent in, and what they cost. Pure: no database, no clock.

3GPP TS 23.038: the GSM 7-bit alphabet takes one septet a character, those of its extension table
two; a text with any other character goes as UTF-16 (UCS-2), two octets a unit. Alone a message
holds 140 octets; in parts each gives six of them to a header.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")

GSM_ALONE, GSM_PART = 160, 153
UCS2_ALONE, UCS2_PART = 70, 67


@dataclass(frozen=True)
class Parts:
    """`encoding` is "gsm-7" or "ucs-2"; `units` are septets or UTF-16 units of the whole text."""

    encoding: str
    units: int
    texts: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.texts)

    @property
    def cost(self) -> Decimal:
        return self.count * Decimal(settings.SMS_PART_PRICE)


def in_parts(text: str) -> Parts:
    """Cut as phones put it together again: a character is never cut in two, be it an escape and
    what it escapes or the two halves of a surrogate pair."""
    if all(character in BASIC or character in EXTENSION for character in text):
        encoding, width, alone, part = "gsm-7", _septets, GSM_ALONE, GSM_PART
    else:
        encoding, width, alone, part = "ucs-2", _utf16_units, UCS2_ALONE, UCS2_PART
    units = sum(map(width, text))
    texts = (text,) if units <= alone else tuple(_cut(text, width, part))
    return Parts(encoding, units, texts)


def _septets(character: str) -> int:
    return 2 if character in EXTENSION else 1


def _utf16_units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1


def _cut(text: str, width: Callable[[str], int], most: int) -> list[str]:
    parts, start, used = [], 0, 0
    for position, character in enumerate(text):
        if used + width(character) > most:
            parts.append(text[start:position])
            start, used = position, 0
        used += width(character)
    return [*parts, text[start:]]

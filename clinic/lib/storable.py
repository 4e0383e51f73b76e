"""What PostgreSQL keeps of texts and JSON: it has no room for a NUL, nor for half of a pair."""

from __future__ import annotations

import json
from typing import Any

REPLACEMENT = "\ufffd"
# As `json.dumps` writes them; whole pairs (emoji) begin so too, and are left as they are.
SUSPECT = ("\\u0000", "\\ud")


def storable_json(value: Any) -> str:
    """As `json.dumps`, with a replacement character for what cannot be kept: one such character in
    one row would refuse the whole statement that writes a thousand."""
    text = json.dumps(value)
    return json.dumps(_cleaned(value)) if any(sign in text for sign in SUSPECT) else text


def storable_text(text: str, *, most: int) -> str:
    """What somebody else's program said, as a column of `most` characters keeps it."""
    plain = str(text)[:most].replace("\x00", REPLACEMENT)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return storable_text(value, most=len(value))
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(each) for each in value]
    return value

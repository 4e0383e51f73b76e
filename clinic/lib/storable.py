"""JSON that PostgreSQL keeps: it has no room for a NUL, nor for half of a surrogate pair."""

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


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        plain = str(value).replace("\x00", REPLACEMENT)
        return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(each) for each in value]
    return value

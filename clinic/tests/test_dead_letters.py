"""What is kept of work that no worker could do."""

from __future__ import annotations

import datetime as dt

import pytest

from clinic.lib.dead_letters.letter import DeadLetter, from_json

LETTER = DeadLetter(
    id="1", queue="bulk", task="x.y", reason="Poison", at=dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
)


def test_it_is_read_as_it_was_written() -> None:
    found = from_json(LETTER.as_json())
    assert found is not None
    assert (found.id, found.queue, found.at) == (LETTER.id, LETTER.queue, LETTER.at)


@pytest.mark.parametrize(
    "text",
    ["", "[1]", "{}", '{"dead_letter": 1}', '{"dead_letter": 1, "at": 5}',
     '{"dead_letter": 1, "at": "soon"}', '{"dead_letter": 1, "at": "2026-06-01", "new": 1}'],
)  # fmt: skip
def test_one_that_cannot_be_read_hides_no_other(text: str) -> None:
    assert from_json(text) is None

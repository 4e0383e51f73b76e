"""docs/capacity.md says what the command prints."""

from __future__ import annotations

import pytest

from deploy.capacity import PAGE, written


def test_the_page_has_the_tables_of_today():
    page = PAGE.read_text()

    assert written(page) == page, "sizes, prices or measurements have changed: `make capacity`"


def test_a_page_without_a_mark_is_refused():
    page = PAGE.read_text().replace("<!-- end of costs -->", "")

    with pytest.raises(ValueError, match="costs"):
        written(page)

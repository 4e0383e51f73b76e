"""Dates of birth as people say them: 1985-03-27, 27 3 1985, 27 March 1985, 3/27/1985."""

from __future__ import annotations

import datetime as dt
import re

PATTERNS = ("%Y-%m-%d", "%d %m %Y", "%m %d %Y", "%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y")


def dates_in(text: str) -> list[dt.date]:
    """Every date that `text` may mean: 3/4/1985 is two, most text is none."""
    plain = " ".join(re.sub(r"[./,\s]+", " ", text).split())
    found = []
    for pattern in PATTERNS:
        try:
            day = dt.datetime.strptime(plain, pattern).date()  # noqa: DTZ007 (a day)
        except ValueError:
            continue
        if day not in found:
            found.append(day)
    return found

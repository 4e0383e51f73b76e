"""Tables as CSV that a spreadsheet opens as a table, and never as a program.

- A text that begins with `= + - @`, a tab or a line break gets an apostrophe before it:
  spreadsheets would run it as a formula, whatever quotes are around it. Numbers stay numbers.
- The file begins with a byte order mark. Excel takes UTF-8 without one for the machine's own code
  page and breaks every name with an accent; others skip it (Python: `utf-8-sig`).
- Rows are made one by one as they are sent, so that a long table needs no memory.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

Cell = str | int | float | dt.date | None

BYTE_ORDER_MARK = "\ufeff"
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Echo:
    """What `csv.writer` writes to: it hands each line back."""

    def write(self, line: str) -> str:
        return line


def safe(cell: Cell) -> str | int | float:
    """What goes into the file for `cell`; see above."""
    if cell is None:
        return ""
    if isinstance(cell, bool | int | float):
        return cell
    text = cell.isoformat() if isinstance(cell, dt.date) else str(cell).replace("\0", "")
    return f"'{text}" if text.lstrip(" ").startswith(DANGEROUS) else text


def lines(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK
    for row in rows:
        yield writer.writerow([safe(cell) for cell in row])


def download(rows: Iterable[Sequence[Cell]], *, name: str) -> StreamingHttpResponse:
    """The rows as a file to be kept; nothing on the way may store it."""
    response = StreamingHttpResponse(lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response

"""How every rehearsal is run: bounded in time, told step by step, judged at the end.

`--report FILE` puts the result into a Markdown file, between the rehearsal's two marks.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.errors import LocalError
from deploy.rehearsals.judging import Figures, Promise, rows, verdict


@dataclass
class Result:
    """Tables (Markdown lines) and the promises that the run was to keep."""

    tables: list[list[str]] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)

    def table(self, *heads: str, lines: Sequence[Sequence[object]]) -> None:
        self.tables.append(rows(heads, lines))

    def promise(self, text: str, kept: bool) -> None:
        self.promises.append(Promise(text, kept))

    def text(self) -> str:
        """The tables and the sentence, with an empty line after each."""
        return "\n".join("\n".join([*table, ""]) for table in self.tables) + (
            "\n" + verdict(self.promises)[1] + "\n"
        )


HEADS = ("", "requests", "booked", "failed", "p50 ms", "p99 ms")


def line(name: str, found: Figures) -> list[object]:
    """A row of figures, under HEADS."""
    times = ["–" if math.isnan(ms) else f"{ms:.0f}" for ms in (found.p50, found.p99)]
    return [name, found.requests, found.bookings, found.failed, *times]


class Teller:
    """Says each step, with the seconds since the start."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, text: str) -> None:
        print(f"{time.monotonic() - self._began:6.1f} s  {text}", flush=True)


def main(name: str, rehearse: Callable[[Teller], Result], *, seconds: int) -> None:
    """Run it from the command line; exit code 1 when a promise is broken or it did not end."""
    parser = argparse.ArgumentParser(description=f"rehearse: {name}")
    parser.add_argument("--report", type=Path, help="put the result into this Markdown file")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, _too_long)
    signal.signal(signal.SIGTERM, _asked_to_stop)
    signal.alarm(seconds)
    try:
        result = rehearse(Teller())
    except LocalError as error:
        raise SystemExit(str(error)) from None
    finally:
        signal.alarm(0)
    print("\n" + result.text())
    if options.report:
        shown = f"`make rehearse-{name}`, {dt.datetime.now(dt.UTC).date()}, {os.cpu_count()} cores:"
        kept = replaced(options.report.read_text(), name, f"{shown}\n\n{result.text()}")
        options.report.write_text(kept)
    sys.exit(0 if verdict(result.promises)[0] else 1)


def replaced(document: str, name: str, result: str) -> str:
    """The document with this between `<!-- NAME -->` and `<!-- /NAME -->`.

    Raises SystemExit when the marks are not there.
    """
    first, last = f"<!-- {name} -->", f"<!-- /{name} -->"
    pattern = re.compile(f"({re.escape(first)}\n).*?({re.escape(last)})", re.DOTALL)
    if not pattern.search(document):
        raise SystemExit(f"The report has no place for this: {first} … {last}.")
    return pattern.sub(lambda found: found[1] + result + found[2], document)


def _too_long(number: int, frame: object) -> None:
    raise SystemExit("The rehearsal did not end in time; what it started is stopped.")


def _asked_to_stop(number: int, frame: object) -> None:
    raise SystemExit("The rehearsal was asked to stop.")

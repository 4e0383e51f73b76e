"""The figures on reminders from the public no-shows file itself, without a database.

`DEBUG=1 python -m benchmarks.reminders no-show-appointments.csv.gz` counts the rows that a replay
would book, and compares the reminded with the others as the page does; see docs/figures.md.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
os.environ.setdefault("SECRET_KEY", "nothing-is-signed-here-" + "0" * 40)
django.setup()

from booking.figures.shaping import BANDS, NOTHING, Rate, band_of, compare  # noqa: E402
from booking.replay.reading import Row, opened, read  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    found = {(band, reminded): NOTHING for band in BANDS for reminded in (True, False)}
    with opened(parser.parse_args().file) as text:
        for row in read(text):
            if isinstance(row, Row):
                key = band_of((row.day - row.scheduled.date()).days), row.reminded
                found[key] += Rate(0 if row.came else 1, 1)
    compared = compare({band: (found[band, True], found[band, False]) for band in BANDS})
    print(f"{'days ahead':12}{'reminded':>24}{'not reminded':>24}")
    for band, pair in compared.by_band.items():
        print(f"{band.first:>4} – {band.last or '':<5}", *(f"{_text(rate):>23}" for rate in pair))
    print(f"{'as it looks':12}{_text(compared.reminded):>24}{_text(compared.others):>24}")
    for name, one in (
        ("reminded", compared.reminded_standardised),
        ("not reminded", compared.others_standardised),
    ):
        if one:
            print(f"equal lead times, {name}: {one.value:.2%} ({one.low:.2%} to {one.high:.2%})")
    print(f"left out: {compared.left_out:,}")


def _text(rate: Rate) -> str:
    return f"{rate.value:.2%} of {rate.whole:,}" if rate.value is not None else "too few"


if __name__ == "__main__":
    main()

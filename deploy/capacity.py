"""How many tasks, what sizes and how many dollars a month: a clinic, a hundred, a country.

`python -m deploy.capacity` prints the tables; `--write` puts them into docs/capacity.md, between
the marks there; `--only NAME` prints one of them. Nothing is asked of AWS.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deploy.sizing.tables import SECTIONS

PAGE = Path(__file__).resolve().parent.parent / "docs/capacity.md"


def written(page: str) -> str:
    """The page with fresh tables between its marks. Raises ValueError where a mark is missing."""
    for name, table in SECTIONS.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        if (page.count(begin), page.count(end)) != (1, 1):
            raise ValueError(f"The page has not one place for “{name}”: {begin} … {end}")
        before, _, rest = page.partition(begin)
        page = before + "\n".join([begin, *table(), end]) + rest.partition(end)[2]
    return page


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"refresh docs/{PAGE.name}")
    parser.add_argument("--only", choices=[*SECTIONS], help="one table")
    options = parser.parse_args(arguments)
    if options.write:
        PAGE.write_text(written(PAGE.read_text()))
        print(f"docs/{PAGE.name} has today's tables.")
        return
    for name in [options.only] if options.only else SECTIONS:
        print(*SECTIONS[name](), "", sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])

"""The site's words in other languages: taken out of the source, and compiled for Django.

    python -m deploy.local.catalogue update     # what `make messages` does
    python -m deploy.local.catalogue compile    # what `make bootstrap` does

GNU gettext is not needed: Django turns a template into the calls that it would look for, and Babel
reads those and writes both kinds of files.

What is read by patients is in the catalogue, whole; what only staff read stays English, and is not
in it. A source file is the patients' unless `STAFF` names it.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

CHECKOUT = Path(__file__).resolve().parents[2]
LOCALE = CHECKOUT / "locale"
APPS = ("accounts", "booking", "clinic", "documents", "notifications")
TEMPLATES = ("*.html", "*.txt")

# Patterns as in a shell, `*` reaches into folders too.
STAFF = (
    "*/tests/*",
    "*/migrations/*",
    "*/management/*",
    "*/admin/*",
    "*/admin.py",
    "*/explaining.py",
    "*/portal.py",
    "accounts/models/[adt]*",  # names of fields, which only the portal shows
    "accounts/models/clinic.py",
    "booking/models/[!w]*",
    "notifications/models/*",
    "notifications/operations/*",
    "notifications/suppression_pages.py",
    "notifications/preview*.py",
    "booking/demo/*",
    "booking/desk/*",
    "booking/figures/*",
    "booking/invariants/*",
    "booking/load/*",
    "booking/replay/*",
    "booking/views/away.py",
    "booking/views/doctor/*",
    "templates/admin/*",
    "templates/away/[!c]*",
    "templates/away/calls.html",
    "templates/booking/api_docs.html",
    "templates/booking/doctor/*",
    "templates/notifications/mailbox/*",
)

# Which arguments of a call are words: with "c", the one that says what they mean.
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


HEADER = """\
# What `make messages` finds, and its translation. See CONTRIBUTING.md.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""


def patients_files() -> list[Path]:
    found = [path for app in APPS for path in (CHECKOUT / app).rglob("*.py")]
    for pattern in TEMPLATES:
        for folder in ("templates", *APPS):
            found += (CHECKOUT / folder).rglob(pattern)
    return sorted(path for path in found if not is_staffs(name_of(path)))


def is_staffs(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in STAFF)


def name_of(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def extracted(files: Iterable[Path] | None = None) -> Catalog:
    """What the patients' files say, with the names of the files that say it."""
    catalog = Catalog(fuzzy=False)
    for path in patients_files() if files is None else files:
        for words, context in _words_of(path):
            catalog.add(words, locations=[(name_of(path), 0)], context=context)
    return catalog


def _words_of(path: Path) -> Iterator[tuple[Any, str | None]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        source = _as_python(source, name_of(path))
    for _line, words, _comments, context in extract(
        "python", io.BytesIO(source.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"}
    ):
        if words and words != ("", ""):
            yield words, context


def _as_python(source: str, name: str) -> str:
    """Django leaves calls of gettext among rows of X; in brackets no indentation matters."""
    from django.utils.translation.template import templatize

    return "(\n" + "\n".join(line.strip() for line in templatize(source, name).splitlines()) + "\n)"


def catalogues() -> list[Path]:
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def update() -> int:
    """Add what is new, drop what nobody says any more. Returns how many lack a translation."""
    from django.conf import settings

    if not settings.configured:  # templatize() asks for the charset of files only
        settings.configure()
    template = extracted()
    missing = 0
    for path in catalogues():
        with path.open("rb") as file:
            catalog = read_po(file, locale=path.parts[-3])
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        write(catalog, path)
        empty = sum(not is_translated(message) for message in catalog if message.id)
        print(f"{name_of(path)}: {len(catalog)} messages, {empty} without a translation")
        missing += empty
    return missing


def write(catalog: Catalog, path: Path) -> None:
    """Without the dates and names of a usual header: they would differ on every machine."""
    body = io.BytesIO()
    write_po(body, catalog, width=100, sort_output=True, include_lineno=False, omit_header=True)
    head = HEADER.format(language=catalog.locale_identifier, plurals=catalog.plural_forms)
    path.write_bytes(head.encode() + body.getvalue())


def is_translated(message: Any) -> bool:
    parts = message.string if isinstance(message.string, tuple) else (message.string,)
    return not message.fuzzy and all(parts)


def compile_stale() -> list[Path]:
    """Write each `.mo` that is older than its `.po`, whole or not at all."""
    written = []
    for path in catalogues():
        target = path.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= path.stat().st_mtime_ns:
            continue
        with path.open("rb") as file:
            catalog = read_po(file, locale=path.parts[-3])
        temporary = target.with_suffix(f".mo.{os.getpid()}")
        with temporary.open("wb") as file:
            write_mo(file, catalog)
        temporary.replace(target)
        written.append(target)
    return written


if __name__ == "__main__":
    if sys.argv[1:] == ["update"]:
        update()
    compile_stale()

"""Keys: random, so that nobody guesses one and none says whose file it is."""

from __future__ import annotations

import secrets

UPLOADS = "uploads/"  # quarantine: nothing here is ever served
FILES = "files/"  # the clean bytes
PAGES = "pages/"  # pictures of their pages
RANDOM_BYTES = 24  # 192 bits


def new_key(prefix: str) -> str:
    """A key that was never used: `prefix` (UPLOADS, FILES or PAGES) and 32 random characters."""
    if prefix not in (UPLOADS, FILES, PAGES):
        raise ValueError(f"{prefix!r} is no place for documents")
    return prefix + secrets.token_urlsafe(RANDOM_BYTES)

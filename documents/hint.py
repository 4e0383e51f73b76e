"""Tells the workers that a document waits to be checked. The sweep finds it without, later."""

from __future__ import annotations

from clinic.lib.hints import Hint

CHECK = Hint("documents:check", "documents.tasks.verify")


def something_waits() -> None:
    """Once the present transaction has committed. Names no document: the row says what waits."""
    CHECK.on_commit()

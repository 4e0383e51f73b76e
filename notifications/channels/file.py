"""Text messages of one machine: files in the mailbox, shown on its page. Nothing is sent."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from notifications.channels.base import Accepted, Letter, ProviderAway, Refused, Result, Untried
from notifications.rendering.sms import sms_text
from notifications.segments import in_parts

SUFFIX = ".sms"


class FileOutlet:
    name = "file"
    per_call = 50
    in_flight = 1

    def __init__(self) -> None:
        self._directory = Path(settings.MAILBOX_DIR)

    def calls(self, letters: Iterable[Letter]) -> list[Sequence[Letter]]:
        waiting = list(letters)
        size = self.per_call
        return [waiting[start : start + size] for start in range(0, len(waiting), size)]

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        results: list[Result] = []
        for letter in letters:
            try:
                results.append(self._send(letter))
            except OSError as error:  # a full disk, a folder that is gone
                if not results:
                    raise ProviderAway(type(error).__name__) from error
                return results + [Untried(type(error).__name__)] * (len(letters) - len(results))
        return results

    def close(self) -> None:
        """Nothing is kept open."""

    def _send(self, letter: Letter) -> Result:
        try:
            text = sms_text(letter)
        except Exception as error:  # a template or context that cannot be: this letter alone
            return Refused(f"render {type(error).__name__}")
        parts = in_parts(text)
        kept = {
            "to": letter.recipient,
            "text": text,
            "parts": parts.count,
            "message": str(letter.id),
        }
        provider_id = str(uuid.uuid4())
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        name = f"{stamp}-{provider_id}{SUFFIX}"
        _write_private(self._directory / name, json.dumps(kept, ensure_ascii=False))
        return Accepted(provider_id, parts.count, parts.cost)


def _write_private(path: Path, content: str) -> None:
    """In one step, so that a reader never sees half of it, and readable by its owner only."""
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    temporary.replace(path)

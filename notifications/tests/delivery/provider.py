"""A provider that answers as a test tells it to, and remembers what it was given."""

from __future__ import annotations

import datetime as dt
import os
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence

from django.utils import timezone

from notifications import channels, outbox
from notifications.catalog import SAMPLE_CONTEXT
from notifications.channels import Accepted, Letter, Result
from notifications.models import Channel, Message

MINUTE = dt.timedelta(minutes=1)


class Provider:
    """`answers` by recipient: a result, or an exception that the whole call ends with."""

    name = "fake"

    def __init__(self, *, per_call: int = 50, in_flight: int = 1) -> None:
        self.per_call, self.in_flight = per_call, in_flight
        self.calls_made: list[list[Letter]] = []
        self.answers: dict[str, Result | Exception] = {}
        self.always: Result | Exception | None = None
        self.before: Callable[[Sequence[Letter]], object] = lambda letters: None
        self._lock = threading.Lock()

    def calls(self, letters: Iterable[Letter]) -> list[Sequence[Letter]]:
        waiting = list(letters)
        size = self.per_call
        return [waiting[start : start + size] for start in range(0, len(waiting), size)]

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        with self._lock:
            self.calls_made.append(list(letters))
        self.before(letters)
        answers = [self.answers.get(letter.recipient, self.always) for letter in letters]
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return [answer or Accepted(f"id-{uuid.uuid4()}") for answer in answers]

    def close(self) -> None:
        pass

    @property
    def given(self) -> list[Letter]:
        return [letter for call in self.calls_made for letter in call]

    @property
    def recipients(self) -> list[str]:
        return [letter.recipient for letter in self.given]


def install(provider: Provider, channel: str = Channel.EMAIL) -> Provider:
    """Until the next test, which forgets all outlets."""
    channels._kept[os.getpid(), Channel(channel)] = provider
    return provider


def put(to: str = "maria@example.org", *, template: str = "booked", **changes: object) -> Message:
    values = {
        "template": template,
        "recipient": to,
        "dedupe_key": f"test:{uuid.uuid4()}",
        "context": SAMPLE_CONTEXT[template],
        "about": f"appointment:{uuid.uuid4()}",
        "now": timezone.now() - MINUTE,
    }
    message = outbox.enqueue(**{**values, **changes})
    assert message is not None
    return message


def state(message: Message) -> str:
    message.refresh_from_db()
    return message.status

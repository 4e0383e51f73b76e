"""What delivery and the providers' clients say to each other."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol


@dataclass(frozen=True)
class Letter:
    """A message as an outlet sees it: no row, so that a thread without a database can send it."""

    id: uuid.UUID
    template: str
    recipient: str  # an email address, or a phone number as E.164
    language: str
    context: Mapping[str, Any]
    patient_id: uuid.UUID | None = None
    about: str = ""


@dataclass(frozen=True)
class Accepted:
    """The provider has it, under this id. `segments` and `cost` are those of a text message."""

    provider_id: str = ""
    segments: int | None = None
    cost: Decimal | None = None


@dataclass(frozen=True)
class Refused:
    """For good: this message will never be taken. `reason` holds codes, no address and no text.

    `suppress` is a Suppression.Reason when nothing else may go to this address either.
    """

    reason: str
    suppress: str = ""


@dataclass(frozen=True)
class Trouble:
    """Not this time; this message may be tried again."""

    reason: str


@dataclass(frozen=True)
class Untried:
    """Its turn did not come: the provider went away in the middle of a call."""

    reason: str


@dataclass(frozen=True)
class Throttled:
    """Not taken for the sake of the others' speed, while some were: `seconds` as of SlowDown."""

    seconds: float = 1.0
    reason: str = "throttled"


Result = Accepted | Refused | Trouble | Untried | Throttled


class ProviderAway(Exception):
    """Nothing can be handed over at the moment; says nothing of any one message."""


class SlowDown(Exception):
    """The provider took none of these and wants a pause: `seconds`, its wish or ours."""

    def __init__(self, seconds: float = 1.0) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def unasked(error: ProviderAway | SlowDown) -> Untried | Throttled:
    """What an exception means for those who come after some that were taken."""
    if isinstance(error, SlowDown):
        return Throttled(error.seconds)
    return Untried(str(error))


class Outlet(Protocol):
    """A provider's client. `send` is called from threads that hold no database connection."""

    name: str  # recorded with each message: "smtp", "ses", "sns", "file"
    per_call: int  # letters at most in one call
    in_flight: int  # calls at once from one process

    def calls(self, letters: Iterable[Letter]) -> list[Sequence[Letter]]:
        """Cut into what can leave together, in the order given as far as that goes."""

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        """Hand over what `calls` put together; a result a letter, in their order.

        A letter that cannot be written (a template that fails, a header that may not be) is
        Refused alone. Raises ProviderAway or SlowDown, and then none of them was taken; when it
        went away or wanted a pause after it had taken some, the others are Untried or Throttled.
        """

    def close(self) -> None:
        """Let go of kept connections. May be called at any time, and more than once."""

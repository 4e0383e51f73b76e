"""What came of looking at a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as a JPEG; width and height in pixels."""

    path: Path
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """`path` holds the clean bytes, which alone are ever served."""

    content_type: str  # by what the file holds
    path: Path
    removed: tuple[str, ...] = ()  # codes of what was taken out: `refusals.REMOVED`
    pictures: tuple[Picture, ...] = ()  # of the first pages, in their order
    scanned: bool = False  # whether a virus scanner saw it


@dataclass(frozen=True, slots=True)
class Refused:
    code: str  # of `refusals.REFUSALS`


Verdict = Accepted | Refused


class Unacceptable(Exception):
    """Raised while a file is looked at: the reason it is refused for, as a code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

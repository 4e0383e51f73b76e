"""What the embedded services have in common."""

import signal
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.local.process import Command
from deploy.local.state import State

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Place:
    """Where a service lives, and whether what it holds will be thrown away."""

    root: Path
    state: State
    throwaway: bool
    # Raises when somebody asked us to stop; called while waiting.
    check: Callable[[], None]

    @property
    def stop_signal(self) -> signal.Signals:
        """No goodbye for what will be thrown away."""
        return signal.SIGKILL if self.throwaway else signal.SIGTERM

    def directory(self, name: str) -> Path:
        path = self.root / name
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def log(self, name: str) -> Path:
        return self.root / "log" / f"{name}.log"


class Service(ABC):
    """One embedded service.

    `command` is asked for at each start and may prepare the ground; then `probe` is repeated until
    it no longer raises; then `finish` creates what the application expects to find.
    """

    name: str
    # The environment variable that says "this one is given, do not start it".
    given_by: str

    def __init__(self, place: Place) -> None:
        self.place = place

    @abstractmethod
    def command(self) -> Command: ...

    @abstractmethod
    def probe(self) -> None: ...

    def finish(self) -> None:
        """Create what the application expects to find; most need nothing."""
        return

    @abstractmethod
    def environment(self) -> dict[str, str]: ...

    @abstractmethod
    def summary(self) -> str:
        """A few words for the person at the terminal."""

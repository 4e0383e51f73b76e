"""Processes that we start: each in a session of its own, so that only we decide when it stops.

Ctrl-C in a terminal goes to the whole foreground group; a store that stopped at once would take
the ground from under the web server. If we are killed ourselves, the kernel passes the stop signal
on (Linux), and `orphans` finds at the next start whatever is still there.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.local.errors import LocalError

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Command:
    """What to run, and how it likes to be stopped."""

    name: str
    argv: Sequence[str]
    # A word of its command line by which a later start recognises the process as ours.
    mark: str
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 10.0  # seconds between the stop signal and SIGKILL
    environment: Mapping[str, str] = field(default_factory=dict)
    # Extra arguments of Popen: another user, another directory.
    options: Mapping[str, Any] = field(default_factory=dict)


class Child:
    """A running process with its log."""

    def __init__(self, command: Command, log: Path) -> None:
        self.command = command
        self.log = log
        log.parent.mkdir(mode=0o700, exist_ok=True)
        with log.open("ab") as output:
            self._log_start = output.tell()
            try:
                self.process = subprocess.Popen(
                    list(command.argv),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=_die_with_parent(command.stop_signal),
                    env={**os.environ, **command.environment},
                    **command.options,
                )
            except OSError as error:
                raise LocalError(
                    f"{command.name} cannot be started: {command.argv[0]}: {error.strerror}."
                ) from None

    @property
    def name(self) -> str:
        return self.command.name

    @property
    def pid(self) -> int:
        return self.process.pid

    def alive(self) -> bool:
        return self.process.poll() is None

    def last_lines(self, count: int = 12) -> list[str]:
        """The end of what it said since this start."""
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            return file.read().decode(errors="replace").splitlines()[-count:]

    def ask_to_stop(self) -> None:
        if self.alive():
            self.process.send_signal(self.command.stop_signal)

    def wait_until_stopped(self) -> None:
        """Wait for as long as it may take, then kill what is left of its group."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(self.command.patience)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.ask_to_stop()
        self.wait_until_stopped()


def _die_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    if _libc is None:
        return None
    parent = os.getpid()

    def set_death_signal() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return set_death_signal


def wait_until_ready(
    child: Child, probe: Callable[[], None], *, seconds: float, check: Callable[[], None]
) -> None:
    """Repeat `probe` until it no longer raises.

    `check` may raise to give up early. Raises LocalError if the child dies or time runs out.
    """
    deadline = time.monotonic() + seconds
    pause = 0.02
    while True:
        check()
        if not child.alive():
            raise LocalError(f"{child.name} stopped while starting: {_reason(child)}")
        try:
            return probe()
        except LocalError:
            raise
        except Exception as error:
            if time.monotonic() > deadline:
                raise LocalError(
                    f"{child.name} did not answer within {seconds:.0f} s"
                    f" ({type(error).__name__}); see {child.log}."
                ) from None
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)


def _reason(child: Child) -> str:
    lines = [line.strip() for line in child.last_lines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "rror" in line] or lines
    return f"{telling[-1] if telling else 'it said nothing'} (log: {child.log})"


def run_to_end(command: Command, log: Path, *, check: Callable[[], None]) -> None:
    """Run a short command while still listening for a request to stop."""
    child = Child(command, log)
    try:
        while child.alive():
            check()
            time.sleep(0.02)
    finally:
        child.stop()
    if child.process.returncode != 0:
        raise LocalError(f"{command.name} failed: {_reason(child)}")

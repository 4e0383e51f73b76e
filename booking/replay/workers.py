"""Processes that share the work: each takes the next few rows in the order of time.

A worker talks to the database over its own connection, like a web server's process, and to its
parent over a queue. The parent notices a worker that died, and a worker a parent that did. Ctrl-C
reaches the parent alone: it raises a flag, and each worker ends after the row it is at.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import queue
import signal
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

import django
from django.db import connections

CHUNK = 20
WAIT_SECONDS = 1.0
# For a worker to end the row it is at; one that waits for locks gives up after 3 s.
PATIENCE_SECONDS = 15.0

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")


class WorkerDied(Exception):
    """A worker stopped without being asked; what it was doing is not known."""


def share(
    tasks: Sequence[Task], work: Callable[[Task], Outcome], *, workers: int
) -> Generator[tuple[int, Outcome]]:
    """Run `work` on every task, from `workers` processes; yields (index, outcome) as they come.

    Tasks are begun in their order. Closing the generator stops the workers after the task they are
    at; what they did since they last told is then known to the database alone. Raises WorkerDied.
    """
    context = _context()
    place = context.Value("l", 0)
    stop = context.Event()
    results: Any = context.Queue()
    connections.close_all()  # a connection must not be shared with a child
    processes = [
        context.Process(  # type: ignore[attr-defined]
            target=_run, args=(tasks, work, place, stop, results, os.getpid()), daemon=True
        )
        for _ in range(workers)
    ]
    for process in processes:
        process.start()
    try:
        yield from _collect(results, processes, expected=len(tasks))
    finally:
        stop.set()
        _drain(results, processes)


def _context() -> BaseContext:
    """Forking hands the rows over for nothing; where there is no fork, they are sent."""
    methods = multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("fork" if "fork" in methods else "spawn")


def _collect(
    results: Any, processes: Sequence[BaseProcess], *, expected: int
) -> Iterator[tuple[int, Any]]:
    got = 0
    while got < expected:
        try:
            batch = results.get(timeout=WAIT_SECONDS)
        except queue.Empty:
            _check(processes)
            continue
        if isinstance(batch, str):
            raise WorkerDied(batch)
        got += len(batch)
        yield from batch


def _check(processes: Sequence[BaseProcess]) -> None:
    failed = [process.exitcode for process in processes if process.exitcode]
    if failed:
        raise WorkerDied(f"A worker ended with code {failed[0]}.")


def _drain(results: Any, processes: Sequence[BaseProcess]) -> None:
    """A process with results left in its pipe cannot end; take them until all have.

    One that was killed may have kept a lock that the others wait for: they are not waited for long,
    and the database rolls back what they were at.
    """
    patience = time.monotonic() + PATIENCE_SECONDS
    while any(process.is_alive() for process in processes) and time.monotonic() < patience:
        with contextlib.suppress(queue.Empty):
            results.get(timeout=0.05)
    for process in processes:
        process.terminate()
        process.join()


def _run(
    tasks: Sequence[Any],
    work: Callable[[Any], Any],
    place: Any,
    stop: Any,
    out: Any,
    parent: int,
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.freeze()  # the rows that were handed over need not be walked again and again
    django.setup()  # for a process that was not forked; otherwise it is done
    for inherited in connections.all(initialized_only=True):
        inherited.connection = None  # the parent's own, whatever it has closed before
    try:
        for start in iter(lambda: _next(place, len(tasks)), None):
            batch = []
            for index in range(start, min(start + CHUNK, len(tasks))):
                if stop.is_set() or os.getppid() != parent:
                    return
                batch.append((index, work(tasks[index])))
            out.put(batch)
    except Exception as error:  # told to the parent, which ends the run
        out.put(f"{type(error).__name__}: {error}")
    finally:
        connections.close_all()


def _next(place: Any, total: int) -> int | None:
    """Where the next chunk starts; None when all are given out."""
    with place.get_lock():
        start = int(place.value)
        if start >= total:
            return None
        place.value = start + CHUNK
        return start

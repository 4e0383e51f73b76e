"""Ten thousand reminders while everything that sends them is killed, again and again.

`python -m benchmarks.soak_reminders [--kills 60] [--report docs/soak-reminders.md]` kills (SIGKILL)
the worker, one of its processes, beat, the broker and the database in turn, and starts them again;
the provider's stand-in takes some calls without answering. It writes down what it takes before it
answers, and that file is the truth at the end: no message is missing in it, and whatever is in it
twice must have an attempt beside it whose answer was lost. Minutes long; PostgreSQL runs with
`fsync`, or what is lost would be PostgreSQL's to explain.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import itertools
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from benchmarks.morning import Morning, wait_for
from deploy.local.errors import LocalError
from deploy.local.process import Child

TARGETS = ("worker", "process", "beat", "broker", "database")
RATE = "60"  # messages a second: slow enough to be killed over and over on the way
LATENCY_MS, UNANSWERED = "40", "0.01"
PAUSE = (0.1, 2.0)  # seconds from when something leaves again to the next kill
UNTIL_LEAVING = 60.0  # seconds from a kill until something leaves again
UNTIL_QUIET = 300.0  # seconds after the last kill in which all must have left
STARTS_AGAIN = 5  # tries: what was killed may still hold a port or its memory
# What the sender cannot know: a worker died before it wrote the answer down, or none came.
UNKNOWN = ("lost", "trouble")


@dataclass
class Kill:
    at: dt.datetime
    target: str


@dataclass
class Twice:
    """A message that the provider took more than once, and the tries that explain it."""

    message: str
    times: int
    tries: list[str]

    @property
    def explained(self) -> bool:
        return self.times - 1 <= len(self.tries)


@dataclass
class Outcome:
    messages: int
    statuses: dict[str, int]
    missing: list[str]
    twice: list[Twice]
    tries: dict[str, int]
    kills: list[Kill] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        return (
            not self.missing
            and self.statuses == {"sent": self.messages}
            and all(one.explained for one in self.twice)
        )


class Killer:
    """Kills and starts again. Between two of its steps everything runs."""

    def __init__(self, morning: Morning) -> None:
        self.morning = morning
        self.kills: list[Kill] = []
        self.worker, self.beat = self._start_worker(), morning.start_beat()

    def kill(self, target: str) -> None:
        now = dt.datetime.now(dt.UTC)
        match target:
            case "worker":
                _kill_all(self.worker)
                self.worker = self._start_worker()
            case "process":
                os.kill(random.choice(_children(self.worker.pid)), signal.SIGKILL)
            case "beat":
                _kill_all(self.beat)
                self.beat = self.morning.start_beat()
            case "broker":
                self._again("valkey", "Valkey")
            case "database":
                self._again("postgres", "PostgreSQL")
        self.kills.append(Kill(now, target))

    def _start_worker(self) -> Child:
        return self.morning.start_worker(EMAIL_PER_SECOND=RATE)

    def _again(self, service: str, name: str) -> None:
        """On the same port, with the data that it finds."""
        (child,) = [each for each in self.morning.services.children if each.name == name]
        _kill_all(child)
        for tries_left in reversed(range(STARTS_AGAIN)):
            try:
                self.morning.services.start_one(service)
            except LocalError:
                if not tries_left:
                    raise
                time.sleep(1)
            else:
                return


def _kill_all(child: Child) -> None:
    """The process and all that it started, at the same moment, and without a last word."""
    for pid in [child.pid, *_children(child.pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    child.process.wait()


def _children(pid: int) -> list[int]:
    said = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(each) for each in said.stdout.split()]


def turns(kills: int) -> Iterator[str]:
    """Each target as often as the others, in no order that could suit anybody."""
    rounds = itertools.count()
    while next(rounds) * len(TARGETS) < kills:
        yield from random.sample(TARGETS, len(TARGETS))


def soak(morning: Morning, *, kills: int, log: Path) -> Outcome:
    morning.manage("send_reminders")
    began = time.monotonic()
    killer = Killer(morning)
    for target in turns(kills):
        _wait_until_some_leave(morning)
        time.sleep(random.uniform(*PAUSE))
        killer.kill(target)
        print(
            f"{time.monotonic() - began:6.1f} s  {target} killed, {_left(morning):,} to go",
            flush=True,
        )
    if not _left(morning):
        raise SystemExit("all had left before the last kill: more messages, or fewer kills")
    wait_for(lambda: _left(morning) == 0, seconds=UNTIL_QUIET, what="all have left")
    outcome = judge(morning, log)
    outcome.kills, outcome.seconds = killer.kills, time.monotonic() - began
    return outcome


def _wait_until_some_leave(morning: Morning) -> None:
    """Nobody is killed twice over the same message: each kill is in the midst of sending."""
    before = _taken(morning)
    wait_for(lambda: _taken(morning) > before, seconds=UNTIL_LEAVING, what="something leaves again")


def _taken(morning: Morning) -> int:
    return int((morning.stub("/_counts") or {"accepted": 0})["accepted"])


def _left(morning: Morning) -> int:
    """How many have not come to an end; -1 while the database does not say."""
    waiting = "SELECT count(*) FROM notifications_message WHERE status IN ('queued', 'sending')"
    try:
        return int(morning.query(waiting)[0][0])
    except psycopg.OperationalError:
        return -1


def judge(morning: Morning, log: Path) -> Outcome:
    """What the outbox says beside what the provider wrote down."""
    taken = Counter(line.split()[1] for line in log.read_text().splitlines())
    statuses = {str(id_): status for id_, status in morning.query(
        "SELECT id, status FROM notifications_message")}  # fmt: skip
    tries: dict[str, list[str]] = {}
    for id_, outcome, at, error in morning.query(
        "SELECT message_id, outcome, begun_at, error FROM notifications_attempt ORDER BY begun_at"
    ):
        tries.setdefault(str(id_), []).append(f"{outcome} {at:%H:%M:%S} {error}".strip())
    return Outcome(
        messages=len(statuses),
        statuses=dict(Counter(statuses.values())),
        missing=[id_ for id_ in statuses if id_ not in taken],
        twice=[
            Twice(id_, times, [one for one in tries.get(id_, []) if one.startswith(UNKNOWN)])
            for id_, times in taken.items()
            if times > 1
        ],
        tries=dict(Counter(one.split()[0] for some in tries.values() for one in some)),
    )


def report(outcome: Outcome, command: str) -> str:
    kills = Counter(kill.target for kill in outcome.kills)
    taken_again = sum(one.times - 1 for one in outcome.twice)
    unexplained = [one for one in outcome.twice if not one.explained]
    lines = [
        "# Reminders while everything is killed",
        "",
        f"`{command}`, {dt.datetime.now(dt.UTC).date()}, {os.cpu_count()} cores; the code is"
        " `benchmarks/soak_reminders.py`.",
        "",
        "| | |",
        "|---|---|",
        f"| reminders | {outcome.messages:,} |",
        f"| SIGKILLs | {sum(kills.values())}: "
        + ", ".join(f"{target} {kills[target]}" for target in TARGETS)
        + " |",
        f"| duration | {outcome.seconds:.0f} s |",
        f"| how they ended | {outcome.statuses} |",
        f"| never taken by the provider | {len(outcome.missing)} |",
        f"| tries that did not end with an answer, or with a bad one | {outcome.tries} |",
        f"| taken more than once | {len(outcome.twice)}, {taken_again} times too often |",
        f"| of those without a lost answer beside them | {len(unexplained)} |",
        "",
        "A message that was taken again had been on its way when its worker was killed (`lost`) or"
        " when its answer did not come (`trouble`): whether it had left could not be known, and"
        " nothing lost is the rule.",
        "",
        "| message | taken | tries without an answer |",
        "|---|---|---|",
        *(f"| {one.message} | {one.times} | {'; '.join(one.tries)} |" for one in outcome.twice),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--report", type=Path, help="write what happened to this file")
    options = parser.parse_args()
    random.seed(options.seed)
    with Morning.of(patients=options.messages) as morning:
        log = morning.services.root / "taken.log"
        morning.start_stub(
            "--latency-ms", LATENCY_MS, "--drop", UNANSWERED, "--log", str(log)
        )  # fmt: skip
        outcome = soak(morning, kills=options.kills, log=log)
    command = f'make soak-reminders ARGS="--messages {options.messages} --kills {options.kills}"'
    text = report(outcome, command)
    print(text)
    if options.report:
        options.report.write_text(text)
    raise SystemExit(0 if outcome.holds else 1)


if __name__ == "__main__":
    main()

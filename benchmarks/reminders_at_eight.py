"""Eight in the morning: reminders to everybody who has a visit tomorrow.

`python -m benchmarks.reminders_at_eight [--patients 50000] [--latency-ms 50] [--throttle 0.01]`
starts services of its own, loads the visits, and measures

* `send_reminders`: how long it takes until every reminder is in the outbox;
* two worker processes: from their start until the provider's stand-in has taken all of them;
* the same without the sending: letters are written as always, and nobody is called;
* free times, asked for a few times a second: alone, and while reminders leave under a limit.

Prints a table; a bound that does not hold makes the run fail. All on loopback, minutes at most.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

from benchmarks.morning import Morning, wait_for
from benchmarks.serving import ROOT, free_port, serve

LONGEST = 240.0  # seconds that any one phase may take before the run gives up
UNTIL_TAKEN = 8.0  # seconds from the start of the worker
WITHOUT_SENDING = 0.75  # at least this part of the speed without the sending
ENQUEUEING = 0.15  # at most this part of the time from the command to the last reminder
NOT_NOTICING = 2.0  # times the 99th percentile of free times
LIMIT = 2000  # messages a second, while somebody looks for free times
QUESTIONS = 40.0  # a second
WARM_UP, IDLE = 3.0, 20.0  # seconds of asking

SES, NOBODY = "ses", "benchmarks.outlets.Nobody"
NONE_WAITS = """
SELECT NOT EXISTS (SELECT 1 FROM notifications_message WHERE status = 'queued')
   AND NOT EXISTS (SELECT 1 FROM notifications_message WHERE status = 'sending')
"""
# What the command costs in a process that has done it before: by the clock it is a worker's task,
# which has Django, the words and a connection by then. A dry run is what makes it so here.
TIMED = """
import time
from django.core.management import call_command
call_command("send_reminders", dry_run=True)
began = time.perf_counter()
call_command("send_reminders")
print(time.perf_counter() - began)
"""


@dataclass(frozen=True)
class Sending:
    """Seconds: `enqueue` of the command, the others from the start of the worker."""

    messages: int
    enqueue: float
    first: float
    taken: float
    recorded: float
    load: float


@dataclass(frozen=True)
class Asking:
    """Milliseconds of one answer."""

    p50: float
    p99: float
    answers: int


@dataclass(frozen=True)
class Bound:
    what: str
    found: str
    wanted: str
    holds: bool


def send(morning: Morning, *, outlet: str = SES) -> Sending:
    """Remind everybody once, with no worker there before the outbox is full."""
    messages, enqueue = enqueued(morning)
    load = os.getloadavg()[0]
    began = time.time()
    worker = morning.start_worker(EMAIL_OUTLET=outlet)
    try:
        all_left(morning)
    finally:
        morning.services.stop_one(worker.name)
    return Sending(messages, enqueue, *_times(morning, began, messages, outlet), load)


def enqueued(morning: Morning) -> tuple[int, float]:
    """How many reminders are in the outbox now, and the seconds that it took to write them."""
    morning.forget()
    said = morning.manage("shell", "--no-imports", "-c", TIMED)
    (messages,) = morning.query("SELECT count(*) FROM notifications_message")[0]
    if messages != morning.patients:
        raise SystemExit(f"{messages:,} reminders were written, for {morning.patients:,} visits")
    return messages, float(said.strip().splitlines()[-1])


def all_left(morning: Morning) -> None:
    """Asks in a way that costs next to nothing, beside what is measured."""
    with morning.connect() as connection:
        connection.execute("SET enable_seqscan = off")
        wait_for(
            lambda: connection.execute(NONE_WAITS).fetchone()[0],
            seconds=LONGEST,
            what="all reminders have left",
        )


def _times(
    morning: Morning, began: float, messages: int, outlet: str
) -> tuple[float, float, float]:
    """When the first had begun to leave, the last was taken, and the last was recorded."""
    found = morning.query(
        "SELECT count(*), extract(epoch FROM min(begun_at))::float,"
        " extract(epoch FROM max(sent_at))::float FROM notifications_message WHERE status = 'sent'"
    )
    sent, first, recorded = found[0]
    if sent != messages:
        raise SystemExit(f"{sent:,} of {messages:,} were sent")
    if outlet == NOBODY:
        return first - began, recorded - began, recorded - began
    counts = morning.stub("/_counts") or {}
    if counts["messages"] != messages or counts["duplicates"]:
        raise SystemExit(f"taken: {counts['messages']:,}, {counts['duplicates']:,} of them twice")
    return first - began, counts["last"] - began, recorded - began


def ask(port: int, *, seconds: float) -> Asking:
    """Free times of a week, as the booking page asks for them."""
    today = dt.datetime.now(dt.UTC).date()
    week = f"from={today + dt.timedelta(days=1)}&to={today + dt.timedelta(days=7)}"
    command = [
        sys.executable, "-m", "benchmarks.load", str(port),
        f"/api/v1/availability?{week}&visit_type=consultation",
        "--seconds", str(seconds), "--rate", str(QUESTIONS), "--connections", "4",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    if set(found["statuses"]) != {"200"}:
        raise SystemExit(f"free times were answered {found['statuses']}")
    return Asking(found["p50"], found["p99"], found["statuses"]["200"])


def ask_while_sending(morning: Morning) -> tuple[Asking, Asking, float]:
    """Free times with an idle worker, free times while it sends, and what it sent a second."""
    messages, _seconds = enqueued(morning)
    worker = morning.start_worker(EMAIL_PER_SECOND="1")  # it is there, and does next to nothing
    port = free_port()
    server = serve(morning.environment, port)
    try:
        ask(port, seconds=WARM_UP)
        idle = ask(port, seconds=IDLE)
        morning.services.stop_one(worker.name)
        morning.stub("/_reset", {})
        worker = morning.start_worker(EMAIL_PER_SECOND=str(LIMIT))
        wait_for(lambda: (morning.stub("/_counts") or {})["accepted"], seconds=30, what="it sends")
        # Until shortly before the last has left: answers after that would be idle ones.
        left = messages - morning.stub("/_counts")["accepted"]
        busy = ask(port, seconds=max(3.0, min(IDLE, 0.9 * left / LIMIT)))
        all_left(morning)
    finally:
        morning.services.stop_one(worker.name)
        server.terminate()
        server.wait(30)
    counts = morning.stub("/_counts")
    return idle, busy, counts["accepted"] / max(0.1, counts["last"] - counts["first"])


def bounds(
    runs: list[tuple[Sending, Sending]], asked: tuple[Asking, Asking, float] | None
) -> list[Bound]:
    """Of the runs the middle one speaks, as single ones depend on what else the machine does."""
    with_it = sorted((run for run, _ in runs), key=lambda run: run.taken)[len(runs) // 2]
    ratio = statistics.median(without.recorded / run.recorded for run, without in runs)
    part = with_it.enqueue / (with_it.enqueue + with_it.taken)
    found = [
        Bound(
            f"{with_it.messages:,} taken, from the start of the worker",
            f"{with_it.taken:.1f} s", f"<= {UNTIL_TAKEN:.0f} s", with_it.taken <= UNTIL_TAKEN,
        ),
        Bound(
            "speed beside the same without the sending",
            f"{ratio:.2f}", f">= {WITHOUT_SENDING}", ratio >= WITHOUT_SENDING,
        ),
        Bound(
            "part of the time that enqueueing takes",
            f"{part:.0%}", f"<= {ENQUEUEING:.0%}", part <= ENQUEUEING,
        ),
    ]  # fmt: skip
    if asked:
        idle, busy, rate = asked
        times = busy.p99 / idle.p99
        found.append(
            Bound(
                f"99th percentile of free times while {rate:,.0f}/s leave, beside idle",
                f"{times:.2f}", f"<= {NOT_NOTICING:.0f}", times <= NOT_NOTICING,
            )
        )  # fmt: skip
    return found


def report(runs: list[tuple[Sending, Sending]], asked: tuple[Asking, Asking, float] | None) -> bool:
    print(f"{'':26}{'enqueued':>10}{'first':>9}{'taken':>9}{'recorded':>10}{'a second':>10}  load")
    for pair in runs:
        for name, run in zip(("sent", "without the sending"), pair, strict=True):
            print(
                f"{name:26}{run.enqueue:8.2f} s{run.first:7.2f} s{run.taken:7.2f} s"
                f"{run.recorded:8.2f} s{run.messages / run.recorded:10,.0f}{run.load:6.1f}"
            )
    if asked:
        for name, one in zip(("free times, idle", "free times, sending"), asked[:2], strict=True):
            print(f"{name:26} p50 {one.p50:.1f} ms, p99 {one.p99:.1f} ms of {one.answers} answers")
    found = bounds(runs, asked)
    for bound in found:
        verdict = "ok" if bound.holds else "MISSED"
        print(f"{bound.what:62}{bound.found:>8}  {bound.wanted:9}{verdict}")
    return all(bound.holds for bound in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--patients", type=int, default=50_000)
    parser.add_argument("--latency-ms", type=float, default=0.0, help="of each call")
    parser.add_argument("--throttle", type=float, default=0.0, help="share of calls refused")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only-sending", action="store_true", help="nobody asks for free times")
    options = parser.parse_args()
    with Morning.of(patients=options.patients) as morning:
        morning.start_stub(
            "--latency-ms", str(options.latency_ms), "--throttle", str(options.throttle)
        )
        runs = [(send(morning), send(morning, outlet=NOBODY)) for _ in range(options.rounds)]
        asked = None if options.only_sending else ask_while_sending(morning)
        print(
            f"{options.latency_ms:.0f} ms latency, {options.throttle:.0%} of calls throttled,"
            f" {os.cpu_count()} cores"
        )
        holds = report(runs, asked)
    raise SystemExit(0 if holds else 1)


if __name__ == "__main__":
    main()

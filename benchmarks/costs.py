"""What a request costs processors, and what a process keeps in memory: what capacity is planned on.

`python -m benchmarks.costs [--appointments 100000]` starts throw-away services, serves the site as
`make run` does, books, makes visits, asks each page again and again, and starts a worker. Processor
time is read from the system, by who worked: the site, PostgreSQL, Valkey. Unlike the clock it says
nearly the same when other programs want the machine too. One JSON object is printed.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import clinic_day
from benchmarks.serving import ROOT, free_port, manage, serve
from deploy.local.services import Services
from deploy.rehearsals import load as rehearsal

TICKS = os.sysconf("SC_CLK_TCK")
PARTS = {"gunicorn": "site", "python": "site", "postgres": "database", "valkey-server": "cache"}
PEOPLE = 12
# The names of `clinic_day.pages()` that a day at a clinic is made of.
PAGES = (
    "bare view (/livez)", "doctor's day, busy", "doctor's week", "my appointments",
    "dashboard of the portal", "front desk, busy day", "front desk, has it changed",
    "front desk, a visit", "front desk, find by name", "visits, today", "a patient's record",
)  # fmt: skip


def spent(top: int) -> Counter[str]:
    """Milliseconds that processors worked, so far, for `top` and all it has started, by part.

    What ended is in its parent's count, so that a worker that ends takes nothing away."""
    parents, names, ticks = {}, {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            head, _, tail = path.read_text().rpartition(")")
            pid, fields = int(path.parent.name), tail.split()
            names[pid] = head.partition("(")[2]
            parents[pid] = int(fields[1])
            ticks[pid] = sum(int(each) for each in fields[11:15])
    found: Counter[str] = Counter()
    for pid in descendants(top, parents):
        part = next((PARTS[each] for each in PARTS if names[pid].startswith(each)), "other")
        found[part] += 1000 * ticks[pid] // TICKS
    return found


def descendants(top: int, parents: dict[int, int]) -> set[int]:
    ours: set[int] = {top}
    while new := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= new
    return ours - {top}


def memory_mib(top: int) -> float:
    """What `top` and all it has started keep in memory, shared pages counted once (PSS)."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    total = 0
    for pid in {top, *descendants(top, parents)}:
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return round(total / 1024, 1)


def cost_of(ask: Any, *, times: int) -> dict[str, Any]:
    """Milliseconds of processors for one `ask()`, by part, and the answer's size when packed."""
    for _ in range(3):  # what a process does once is not what a request costs
        body = ask()
    before = spent(os.getpid())
    for _ in range(times):
        ask()
    worked = spent(os.getpid())
    worked.subtract(before)
    return {
        **{part: round(worked[part] / times, 2) for part in ("site", "database", "cache")},
        "packed_bytes": len(gzip.compress(body, 5)) if body else 0,
        "times": times,
    }


def pages_of(port: int, facts: dict[str, Any], *, times: int) -> dict[str, Any]:
    base = f"http://127.0.0.1:{port}"
    people = {
        who: clinic_day.Person(base, f"{who}@load.example")
        for who in ("patient", "doctor", "staff")
    }
    found = {}
    for name, who, path in clinic_day.pages():
        if name in PAGES:
            where = path.format(**facts)
            found[name] = cost_of(lambda who=who, where=where: people[who].get(where), times=times)
    return found


def bookings_of(environment: dict[str, str], port: int, *, times: int) -> dict[str, Any]:
    """What patients do on their way to a visit; each booking is another time and a new visit."""
    people = json.loads(
        subprocess.run(
            [sys.executable, "deploy/rehearsals/people.py", str(PEOPLE)],
            cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)}, check=True, capture_output=True,
        ).stdout
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    wishes = [wish for one in people for wish in rehearsal.free_times(url, one)]
    found = {}
    today = dt.datetime.now(dt.UTC).date()
    week = f"from={today + dt.timedelta(days=1)}&to={today + dt.timedelta(days=7)}"
    with rehearsal.client(url) as web:
        for name, path in {
            "first page": "/",
            "a week's free times, page": f"/book/{rehearsal.SLUG}/",
            "a week's free times, API": f"/api/v1/availability?{week}&visit_type={rehearsal.SLUG}",
        }.items():
            found[name] = cost_of(lambda path=path: web.get(path).content, times=times)
        turn = iter(wishes)

        def book() -> bytes:
            return rehearsal.book(web, next(turn)).raise_for_status().content

        found["booking, API"] = cost_of(book, times=times)
        found["free times after a booking, page"] = cost_of(
            lambda: book() and web.get(f"/book/{rehearsal.SLUG}/").content, times=times
        )
    return found


def started(environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], int, dict[str, float]]:
    """A site, the port it answers at, and what its start took until it was ready."""
    port, before, began = free_port(), spent(os.getpid()), time.perf_counter()
    process = serve(environment, port)
    took = time.perf_counter() - began
    worked = spent(os.getpid())["site"] - before["site"]
    return process, port, {"seconds": round(took, 1), "processor_ms": worked}


def worker_of(environment: dict[str, str]) -> dict[str, float]:
    """The memory of a worker, and of the clock, that have nothing to do."""
    found = {}
    for name in ("worker", "beat"):
        command = [sys.executable, "-m", "deploy.image.entry", name]
        with tempfile.TemporaryDirectory() as folder:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment | {"ALIVE_FILE": f"{folder}/alive"},
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            time.sleep(20)
            found[f"{name}_mib"] = memory_mib(process.pid)
            process.terminate()
            process.wait(60)
    return found


def database_bytes(url: str) -> int:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert found
    return int(found[0])


def measured(given: dict[str, str], *, appointments: int, times: int) -> dict[str, Any]:
    environment = os.environ | given
    environment |= {
        "DATABASE_URL": given["DATABASE_OWNER_URL"], "SECRET_KEY": "benchmark-" + "0" * 50,
        "HTTPS": "0", "DEMO": "1", "THROTTLES": "0", "ALLOWED_HOSTS": "127.0.0.1",
        "LOG_LEVEL": "WARNING", "SITE_URL": "http://127.0.0.1",
    }  # fmt: skip
    manage(environment, "migrate", "--verbosity", "0")
    empty = database_bytes(given["DATABASE_OWNER_URL"])
    process, port, start = started(environment)
    found: dict[str, Any] = {"start": start, "web_mib_new": memory_mib(process.pid)}
    try:
        found["patients"] = bookings_of(environment, port, times=times)
        manage(environment, "seed_load", "--yes", "--appointments", str(appointments))
        full = database_bytes(given["DATABASE_OWNER_URL"])
        found["bytes_a_visit"] = (full - empty) // appointments
        found["staff"] = pages_of(port, clinic_day.facts_of(environment), times=times)
        found["web_mib"] = memory_mib(process.pid)
    finally:
        process.terminate()
        process.wait(30)
    return found | worker_of(environment)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--appointments", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=60, help="questions a page")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="clinic-bench-") as folder,
        Services(Path(folder), throwaway=True) as given,
    ):
        found = measured(given, appointments=options.appointments, times=options.times)
    found["machine"] = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    found["date"] = f"{dt.datetime.now(dt.UTC).date()}"
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

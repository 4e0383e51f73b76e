"""The audit trail of years: how long a search takes, and what sealing costs a booking.

`python -m benchmarks.audit_trail [--rows 10000000]` starts throw-away services and measures

* bookings, in blocks with and without a process that seals once a second (thirty times as often as
  the installation does), beside how far two blocks without it differ from each other;
* the portal's pages of the trail and "who looked at my record", beside so many rows: one in ten is
  a list with twenty patients on it. An answer of more than 300 ms, one in twenty aside, fails the
  run.

Rows are made in the database itself, their indexes afterwards; minutes.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.serving import ROOT, manage
from deploy.local.services import Services

TARGET_MS = 300.0
PATIENTS, PEOPLE, YEARS = 200_000, 400, 3
BLOCKS, PER_BLOCK = 6, 150
AT_A_TIME = 1_000_000
LIST = "/admin/accounts/auditevent/"

# md5 makes the same ids each time, so that they can be asked for.
LOAD = """
INSERT INTO accounts_auditevent
    (at, action, actor, user_id, subject_type, subject_id, patient_id, address, request_id, data)
SELECT now() - %(span)s * (1 - n::float8 / %(rows)s),
       CASE WHEN n %% 10 = 0 THEN 'patient.listed'
            WHEN n %% 100000 = 7 THEN 'patient.merged'
            ELSE (ARRAY['appointment.viewed', 'appointment.booked', 'document.read',
                        'patient.viewed', 'message.viewed'])[1 + n %% 5] END,
       'user',
       md5('user' || CASE WHEN n %% 3 = 0 THEN n %% 20 ELSE n %% %(people)s END)::uuid,
       'accounts.patient', '',
       CASE WHEN n %% 10 <> 0 THEN md5('patient' || (n * 7919) %% %(patients)s)::uuid END,
       '192.0.2.1', md5(n::text),
       CASE WHEN n %% 10 = 0 THEN jsonb_build_object('patients', ARRAY(
           SELECT md5('patient' || (n * 7 + k * 9973) %% %(patients)s) ::uuid
           FROM generate_series(1, 20) k)) ELSE '{}' END
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
"""
SEALER = """
import time
from django.utils import timezone
from accounts.operations import seal_audit
while True:
    seal_audit(now=timezone.now())
    time.sleep(1)
"""


def md5_id(text: str) -> str:
    import hashlib

    return str(uuid.UUID(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()))


def load(rows: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'accounts_auditevent'"
            " AND indexname NOT LIKE '%_pkey'"
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        began = time.perf_counter()
        for first in range(1, rows + 1, AT_A_TIME):
            values = {
                "rows": rows, "people": PEOPLE, "patients": PATIENTS, "first": first,
                "last": min(rows, first + AT_A_TIME - 1), "span": dt.timedelta(days=365 * YEARS),
            }  # fmt: skip
            cursor.execute(LOAD, values)
            print(f"  {values['last']:,} rows, {time.perf_counter() - began:.0f} s", flush=True)
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _name, definition in indexes:
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE accounts_auditevent")
        cursor.execute("SELECT pg_size_pretty(pg_total_relation_size('accounts_auditevent'))")
        size = cursor.fetchone()[0]
    print(f"{rows:,} rows made in {time.perf_counter() - began:.0f} s: {size} with indexes")


def expect_page(response: Any) -> None:
    assert response.status_code == 200, (response.status_code, response.get("Location"))


def questions() -> dict[str, Callable[[], Any]]:
    """What is asked; each time of somebody else."""
    from django.contrib.auth.models import Group
    from django.test import Client
    from django.utils import timezone

    from accounts.models import User
    from accounts.queries import looks_at

    client = Client()
    staff = User.objects.create_user("staff@bench.example", "x", is_staff=True)
    staff.groups.add(Group.objects.get(name="staff"))
    client.force_login(User.objects.get(pk=staff.pk))  # as the new role has left it

    def page(**asked: Callable[[], str] | str) -> Callable[[], Any]:
        def ask() -> None:
            wish = {name: each() if callable(each) else each for name, each in asked.items()}
            expect_page(client.get(LIST, wish))

        return ask

    def patient() -> str:
        return md5_id(f"patient{random.randrange(PATIENTS)}")

    def person() -> str:
        return md5_id(f"user{random.randrange(PEOPLE)}")

    def day() -> str:
        ago = dt.timedelta(days=random.randrange(30, 365 * YEARS - 30))
        return str((timezone.now() - ago).date())

    def one_day() -> None:
        at = day()
        wish = {"at_from_0": at, "at_from_1": "00:00:00", "at_to_0": at, "at_to_1": "23:59:59"}
        expect_page(client.get(LIST, wish))

    return {
        "the newest page": page(),
        "the 200th page": page(p="200"),
        "of a patient, with lists": page(patient_id=patient),
        "of a patient, by a search": page(q=patient),
        "of a patient on a day": page(patient_id=patient, at_from_0=day, at_from_1="00:00:00"),
        "of a person": page(user_id=person),
        "of the busiest person": page(user_id=md5_id("user0")),
        "of nobody": page(user_id=str(uuid.uuid4())),
        "a day": one_day,
        "an action, frequent": page(action="patient.viewed"),
        "an action, rare": page(action="patient.merged"),
        "a person's rare action": page(user_id=person, action="patient.merged"),
        "who looked at my record": lambda: looks_at(uuid.UUID(patient())),
    }


def measure(ask: Callable[[], Any], *, times: int) -> tuple[float, float]:
    ask()
    found = []
    for _each in range(times):
        began = time.perf_counter()
        ask()
        found.append(1000 * (time.perf_counter() - began))
    found.sort()
    return found[len(found) // 2], found[int(len(found) * 0.95)]


def search(*, times: int) -> bool:
    missed = []
    print(f"{'':28}{'p50 ms':>9}{'p95 ms':>9}   (load {os.getloadavg()[0]:.1f})")
    for name, ask in questions().items():
        p50, p95 = measure(ask, times=times)
        if p95 > TARGET_MS:
            missed.append(name)
        print(f"{name:28}{p50:9.1f}{p95:9.1f}", flush=True)
    print(f"over {TARGET_MS:.0f} ms: {', '.join(missed)}" if missed else "all in time")
    return not missed


def book_block(visit_type: Any, doctor: Any, day: dt.date) -> float:
    """The median milliseconds of bookings one after the other, each on a time of its own."""
    from booking import operations
    from clinic.lib.actor import Actor
    from tests import factories

    start = factories.at("00:00", day)
    factories.cells(doctor, start, 4 * PER_BLOCK)
    people = [factories.patient() for _each in range(PER_BLOCK)]
    found = []
    for number, patient in enumerate(people):
        began = time.perf_counter()
        operations.book(
            visit_type=visit_type, start=start + number * dt.timedelta(minutes=15), doctor=doctor,
            patient=patient, by=Actor.system("bench"), now=factories.NOW,
        )  # fmt: skip
        found.append(1000 * (time.perf_counter() - began))
    return statistics.median(found)


def sealing() -> None:
    """Blocks in turn: without, with, without … so that what drifts falls on both."""
    from tests import factories

    clinic = factories.clinic()
    blocks: dict[bool, list[float]] = {False: [], True: []}
    for number in range(2 * BLOCKS + 1):
        doctor = factories.doctor(clinic)
        kind = factories.visit_type(clinic, doctor, horizon_days=400)
        seals, sealer = bool(number % 2), None
        if seals:
            command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", SEALER]
            sealer = subprocess.Popen(command, cwd=ROOT)
            time.sleep(4)  # until it has Django, and has begun
        try:
            found = book_block(kind, doctor, factories.TOMORROW + dt.timedelta(days=1))
        finally:
            if sealer is not None:
                sealer.terminate()
                sealer.wait(30)
        if number:  # the first warms up
            blocks[seals].append(found)
    without, with_it = (statistics.median(blocks[seals]) for seals in (False, True))
    low, high = min(blocks[False]), max(blocks[False])
    print(
        f"a booking: {without:.2f} ms without sealing, {with_it:.2f} ms with it:"
        f" ratio {with_it / without:.3f}; blocks without it alone: {low:.2f} to {high:.2f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=40, help="questions a page")
    parser.add_argument("--only", choices=["sealing", "search"])
    options = parser.parse_args()
    with (
        TemporaryDirectory(prefix="clinic-bench-") as folder,
        Services(Path(folder), throwaway=True) as given,
    ):
        os.environ |= given
        os.environ |= {
            "DATABASE_URL": given["DATABASE_OWNER_URL"],
            "SECRET_KEY": "benchmark-" + "0" * 50, "HTTPS": "0", "DEMO": "0", "THROTTLES": "0",
            "ALLOWED_HOSTS": "testserver", "LOG_LEVEL": "WARNING", "SITE_URL": "http://127.0.0.1",
            "DJANGO_SETTINGS_MODULE": "clinic.settings", "MFA_REQUIRED": "", "IDLE_MINUTES": "0",
        }  # fmt: skip
        manage(dict(os.environ), "migrate", "--verbosity", "0")
        manage(dict(os.environ), "sync_roles")
        import django

        django.setup()
        in_time = True
        if options.only != "search":
            sealing()
        if options.only != "sealing":
            load(options.rows)
            in_time = search(times=options.times)
    raise SystemExit(0 if in_time else 1)


if __name__ == "__main__":
    main()

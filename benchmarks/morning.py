"""A clinic in the morning: very many patients who have a visit tomorrow, and what reminds them.

Services with files of their own, PostgreSQL as safe as in earnest (`fsync` on); the site's own
worker and beat as `make run` starts them; and the provider's stand-in (`benchmarks.ses_stub`).
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import redis

from benchmarks.serving import ROOT, free_port
from deploy.local import application
from deploy.local.ports import HOST
from deploy.local.process import Child, Command
from deploy.local.services import Services

# Visits of five minutes, ten hours of them a doctor: nobody is in two places at once.
A_DOCTOR = 120
OUTLET = "ses"

# By the models, as their fields are the code's matter: who works there, and what is offered.
CLINIC = """
import datetime as dt
from accounts.models import Clinic, Doctor
from booking.models import VisitType, WorkingHours
clinic = Clinic.objects.create(
    name="Morning Clinic", address="1 River Street", phone="+13125550100",
    time_zone="America/Chicago",
)
offered = VisitType.objects.create(
    clinic=clinic, slug="consultation", name="Consultation", minutes=5,
    what_to_bring="Your insurance card",
)
doctors = Doctor.objects.bulk_create(
    Doctor(clinic=clinic, name=f"Ada Stone {number}", title="Dr", slot_minutes=5)
    for number in range({doctors})
)
few = doctors[:5]  # whose free times can be asked for
offered.doctors.set(few)
WorkingHours.objects.bulk_create(
    WorkingHours(doctor=doctor, weekday=day, opens=dt.time(8), closes=dt.time(17))
    for doctor in few
    for day in range(5)
)
"""
PATIENTS = """
    INSERT INTO accounts_patient (id, name, date_of_birth, phone, email, language, time_zone,
                                  contact_by, is_guest, created_at)
    SELECT gen_random_uuid(), 'Maria Jones ' || n, date '1980-01-01' + n %% 9000, '',
           'patient' || n || '@morning.example', CASE WHEN n %% 4 = 0 THEN 'es' ELSE 'en' END, '',
           'email', false, now()
    FROM generate_series(1, %(patients)s) n
"""
# All that start between 14 and 24 hours from now: each is due for its reminder of a day before.
VISITS = """
    INSERT INTO booking_appointment (
        id, clinic_id, doctor_id, visit_type_id, patient_id, status, version, start, "end",
        busy_start, busy_end, reason, source, created_at, holder, origin, booked_at, booked_by,
        decision_reason, cancel_reason, utc_offset, internal_note)
    SELECT gen_random_uuid(), d.clinic_id, d.id, t.id, p.id, 'booked', 1, at, at + length,
           at, at + length, '', 'web', now() - interval '10 days', '', '',
           now() - interval '10 days', 'user', '', '', -360, ''
    FROM (SELECT *, row_number() OVER (ORDER BY id) - 1 AS n FROM accounts_patient) p
    JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS n FROM accounts_doctor) d
        ON d.n = p.n / %(a_doctor)s
    CROSS JOIN booking_visittype t
    CROSS JOIN LATERAL (
        SELECT interval '5 minutes' AS length,
               date_trunc('minute', now()) + interval '14 hours'
               + p.n %% %(a_doctor)s * interval '5 minutes' AS at
    ) times
"""
FORGET = "TRUNCATE notifications_message, booking_reminderclock CASCADE"


class Morning:
    """Running services with the visits in them; `with Morning.of(patients=50_000) as morning:`"""

    def __init__(self, services: Services, environment: dict[str, str], owner_url: str) -> None:
        self.services, self.environment, self._owner_url = services, environment, owner_url
        self.stub_port = self.patients = 0

    @classmethod
    @contextlib.contextmanager
    def of(cls, *, patients: int) -> Iterator[Morning]:
        # As in an image: modules are compiled once, not at each start.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        with tempfile.TemporaryDirectory(prefix="clinic-morning-") as folder:
            Path(folder).chmod(0o755)  # PostgreSQL runs as somebody else
            services = Services(Path(folder), throwaway=False, only=("valkey", "postgres"))
            with services as given:
                owner_url = given.pop("DATABASE_OWNER_URL")
                morning = cls(services, os.environ | given | _settings(), owner_url)

                morning._prepare(patients)
                yield morning

    def manage(self, *arguments: str) -> str:
        """A command of the site, as the role that serves it. Returns what it said."""
        return _run([sys.executable, "manage.py", *arguments], self.environment)

    def query(self, statement: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """As the owner of the database, in a connection of its own."""
        with self.connect() as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self._owner_url, autocommit=True, connect_timeout=5)

    def start_stub(self, *arguments: str) -> None:
        self.stub_port = free_port()
        command = [sys.executable, "-m", "benchmarks.ses_stub", str(self.stub_port), *arguments]
        here = {"cwd": ROOT}
        self.services.add(Command("stub", command, mark="benchmarks.ses_stub", options=here))
        wait_for(lambda: self.stub("/_counts") is not None, seconds=10, what="the stub answers")
        self.environment["SES_ENDPOINT_URL"] = f"http://{HOST}:{self.stub_port}"

    def stub(self, path: str, content: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """Ask the stub or tell it something; None while it is not there."""
        body = json.dumps(content).encode() if content is not None else None
        request = urllib.request.Request(f"http://{HOST}:{self.stub_port}{path}", data=body)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read())
        except OSError:
            return None

    def start_worker(self, **more: str) -> Child:
        """The site's own worker that sends, with these settings besides."""
        [sending] = [each for each in application.workers() if each.name == "messages"]
        return self._start(sending, more)

    def start_beat(self) -> Child:
        return self._start(application.beat(), {})

    def forget(self) -> None:
        """As if nobody had been reminded yet, and no worker been told of anything: a hint that the
        last one took with it would spare the next one its own, and no clock runs here."""
        redis.Redis.from_url(self.environment["REDIS_URL"]).flushdb()
        self.query(FORGET)
        self.query(
            "UPDATE booking_appointment SET reminded_at = NULL WHERE reminded_at > '-infinity'"
        )
        self.query("VACUUM ANALYZE notifications_message, booking_appointment")
        self.stub("/_reset", {})

    def _start(self, command: Command, more: dict[str, str]) -> Child:
        chosen = {**self.environment, **command.environment, **more}
        return self.services.add(replace(command, environment=chosen))

    def _prepare(self, patients: int) -> None:
        self.patients = patients
        owner = self.environment | {"DATABASE_URL": self._owner_url}
        _run([sys.executable, "-m", "deploy.local.prepare", "migrate", "grant"], owner)
        doctors = patients // A_DOCTOR + 5
        self.manage("shell", "--no-imports", "-c", CLINIC.replace("{doctors}", str(doctors)))
        for statement in (PATIENTS, VISITS):
            self.query(statement, {"patients": patients, "a_doctor": A_DOCTOR})
        self.manage("generate_slots")
        self.query("VACUUM ANALYZE")


def _settings() -> dict[str, str]:
    return {
        "SECRET_KEY": "benchmark-" + "0" * 50,
        "HTTPS": "0",
        "DEMO": "0",
        "THROTTLES": "0",
        "ALLOWED_HOSTS": HOST,
        "SITE_URL": f"http://{HOST}",
        "LOG_LEVEL": "WARNING",
        "EMAIL_OUTLET": OUTLET,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_EC2_METADATA_DISABLED": "true",
        # Whatever o'clock it is where this runs.
        "WAKING_FROM": "00:00",
        "WAKING_UNTIL": "23:59:59",
    }


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command[1:4])} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def wait_for(condition: Callable[[], Any], *, seconds: float, what: str) -> None:
    """Raises SystemExit when it has not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)

"""What the clinic's own pages cost beside a million visits, as ratios to a bare Django view.

`python -m benchmarks.clinic_day [--appointments 1000000]` starts throw-away services, makes the
visits (`manage.py seed_load`), serves the site as `make run` does, signs each role in, and asks
each page one after the other, so that a number is what one person waits. A page that takes longer
than 150 ms for one answer in twenty fails the run.
"""

from __future__ import annotations

import argparse
import datetime as dt
import http.cookiejar
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from benchmarks.serving import ROOT, free_port, manage, serve
from deploy.local.services import Services

TARGET_MS = 150.0
PASSWORD = "maple-harbor-42"
VISITS = "/admin/booking/appointment/"
PATIENTS = "/admin/accounts/patient/"


def pages(today: dt.date) -> list[tuple[str, str, str]]:
    """What is asked, by whom."""
    year = f"?first={today - dt.timedelta(days=364)}&last={today - dt.timedelta(days=1)}"
    return [
        ("bare view (/livez)", "patient", "/livez"),
        ("doctor's day", "doctor", "/day/"),
        ("doctor's week", "doctor", "/day/week/"),
        ("front desk", "staff", "/admin/desk/"),
        ("my appointments", "patient", "/appointments/"),
        ("visits, from today on", "staff", VISITS),
        ("visits, all days", "staff", f"{VISITS}?when=all"),
        ("visits, today", "staff", f"{VISITS}?when=today"),
        ("visits, cancelled", "staff", f"{VISITS}?when=all&status__exact=cancelled"),
        ("visits, held (none)", "staff", f"{VISITS}?when=all&status__exact=held"),
        ("visits of a doctor", "staff", f"{VISITS}?when=all&doctor__id__exact={{doctor}}"),
        ("visits of a type", "staff", f"{VISITS}?when=all&visit_type__id__exact={{visit_type}}"),
        ("visits, by name", "staff", f"{VISITS}?q=aisha+castillo"),
        ("visits, by phone", "staff", f"{VISITS}?q=2010070007"),
        ("visits, last page", "staff", f"{VISITS}?when=all&p=200"),
        ("patients", "staff", PATIENTS),
        ("patients, by name", "staff", f"{PATIENTS}?q=zhang+wanda"),
        ("patients, by email", "staff", f"{PATIENTS}?q=ruth.quinn%40load"),
        ("patients, guests", "staff", f"{PATIENTS}?is_guest__exact=1"),
        ("audit trail", "staff", "/admin/accounts/auditevent/"),
        ("audit trail of a patient", "staff", "/admin/accounts/auditevent/?q={patient}"),
        ("audit trail, an action", "staff", "/admin/accounts/auditevent/?q=appointment.cancelled"),
        ("figures of a year", "staff", f"/admin/booking/figures/{year}"),
    ]


# Nobody waits for it on the way to a patient.
UNBOUND = {"figures of a year"}


class Person:
    """Somebody signed in, with a cookie jar."""

    def __init__(self, base: str, email: str) -> None:
        self.base = base
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        form = self.get("/account/login/").decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        data = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
        request = urllib.request.Request(
            base + "/account/login/", urllib.parse.urlencode(data).encode()
        )
        self.opener.open(request, timeout=60).read()

    def get(self, path: str) -> bytes:
        return self.opener.open(self.base + path, timeout=120).read()


def measure(person: Person, path: str, *, times: int) -> list[float]:
    person.get(path)  # what a process does once is not what people wait for
    person.get(path)
    found = []
    for _ in range(times):
        began = time.perf_counter()
        person.get(path)
        found.append(1000 * (time.perf_counter() - began))
    return sorted(found)


def asked(manage_environment: dict[str, str]) -> dict[str, str]:
    """Ids that some of the pages are asked with."""
    code = (
        "from accounts.models import *; from booking.models import *; import json;"
        "d = Doctor.objects.get(user__email='doctor@load.example');"
        "p = Patient.objects.get(user__email='patient@load.example');"
        "v = VisitType.objects.get(slug='load-asked');"
        "print(json.dumps({'doctor': str(d.pk), 'patient': str(p.pk), 'visit_type': str(v.pk)}))"
    )
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    done = subprocess.run(
        command, cwd=ROOT, env=manage_environment, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def run(port: int, ids: dict[str, str], *, times: int) -> bool:
    base = f"http://127.0.0.1:{port}"
    people = {who: Person(base, f"{who}@load.example") for who in ("patient", "doctor", "staff")}
    yardstick, all_in_time = 0.0, True
    print(f"{'':28}{'ratio':>8}{'p50 ms':>9}{'p95 ms':>9}")
    for name, who, path in pages(dt.datetime.now(dt.UTC).date()):
        try:
            found = measure(people[who], path.format(**ids), times=times)
        except urllib.error.HTTPError as error:
            print(f"{name:28}  not there: {error.code}")
            continue
        p50, p95 = found[len(found) // 2], found[int(len(found) * 0.95)]
        yardstick = yardstick or p50
        late = p95 > TARGET_MS and name not in UNBOUND
        all_in_time &= not late
        mark = f"  over {TARGET_MS:.0f} ms" if late else ""
        print(f"{name:28}{p50 / yardstick:8.1f}{p50:9.1f}{p95:9.1f}{mark}", flush=True)
    return all_in_time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--appointments", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40, help="questions a page")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="clinic-bench-") as folder,
        Services(Path(folder), throwaway=True) as services,
    ):
        environment = os.environ | services
        environment |= {
            "SECRET_KEY": "benchmark-" + "0" * 50, "HTTPS": "0", "DEMO": "1", "THROTTLES": "0",
            "ALLOWED_HOSTS": "127.0.0.1", "LOG_LEVEL": "WARNING",
            "SITE_URL": "http://127.0.0.1",
        }  # fmt: skip
        manage(environment, "migrate", "--verbosity", "0")
        began = time.perf_counter()
        manage(environment, "seed_load", "--yes", "--appointments", str(options.appointments))
        print(f"{options.appointments:,} visits made in {time.perf_counter() - began:.0f} s")
        port = free_port()
        process = serve(environment, port)
        try:
            in_time = run(port, asked(environment), times=options.times)
        finally:
            process.terminate()
            process.wait(30)
    raise SystemExit(0 if in_time else 1)


if __name__ == "__main__":
    main()

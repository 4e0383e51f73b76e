"""What patients' questions cost, as ratios to a bare Django view in the same run.

`python -m benchmarks.serving` starts throw-away services, loads the demo clinic, serves it as
`make run` does, and asks each address in turn, several rounds; medians are printed.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from deploy.local.services import Services

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 3
SECONDS = 4
SILENT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def addresses() -> dict[str, str]:
    """What is asked, the yardstick first. The visit type is one of the demo clinic's."""
    today = dt.datetime.now(dt.UTC).date()
    week = f"from={today + dt.timedelta(days=1)}&to={today + dt.timedelta(days=7)}"
    month = f"from={today + dt.timedelta(days=1)}&to={today + dt.timedelta(days=28)}"
    slug = os.environ["BENCH_VISIT_TYPE"]
    return {
        "bare view (/livez)": "/livez",
        "free times, a week (API)": f"/api/v1/availability?{week}&visit_type={slug}",
        "free times, four weeks (API)": f"/api/v1/availability?{month}&visit_type={slug}",
        "page of a week's free times": f"/book/{slug}/",
        "first page": "/",
    }


def ask(port: int, path: str) -> dict[str, object]:
    command = [sys.executable, "-m", "benchmarks.load", str(port), path, "--seconds", str(SECONDS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def serve(environment: dict[str, str], port: int) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "gunicorn", "clinic.wsgi", "--config", "deploy/gunicorn.conf.py",
        "--bind", f"127.0.0.1:{port}", "--log-level", "error",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=environment, **SILENT)
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5)
        except OSError:
            time.sleep(0.1)
        else:
            return process
    process.terminate()
    raise SystemExit("the server did not start")


def manage(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


def report(found: dict[str, list[dict]]) -> None:
    names = list(found)
    yardstick = statistics.median(row["rate"] for row in found[names[0]])
    print(f"{'':32}{'ratio':>7}{'per s':>9}{'p50 ms':>9}{'p99 ms':>9}")
    for name in names:
        rate, p50, p99 = (
            statistics.median(row[key] for row in found[name]) for key in ("rate", "p50", "p99")
        )
        print(f"{name:32}{rate / yardstick:7.2f}{rate:9.0f}{p50:9.1f}{p99:9.1f}")


def main() -> None:
    os.environ.setdefault("BENCH_VISIT_TYPE", "consultation")
    with (
        tempfile.TemporaryDirectory(prefix="clinic-bench-") as folder,
        Services(Path(folder), throwaway=True) as services,
    ):
        environment = os.environ | services
        environment |= {
            "SECRET_KEY": "benchmark-" + "0" * 50, "HTTPS": "0", "DEMO": "1", "THROTTLES": "0",
            "ALLOWED_HOSTS": "127.0.0.1", "LOG_LEVEL": "WARNING",
        }  # fmt: skip
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "seed_demo")
        port = free_port()
        process = serve(environment, port)
        found: dict[str, list[dict]] = {name: [] for name in addresses()}
        try:
            for _ in range(ROUNDS):
                for name, path in addresses().items():
                    row = ask(port, path)
                    assert set(row["statuses"]) == {"200"}, (name, row)
                    found[name].append(row)
        finally:
            process.terminate()
            process.wait(30)
        report(found)


if __name__ == "__main__":
    main()

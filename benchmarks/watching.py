"""What watching costs: processor time of a cheap request without and with metrics and traces.

`python -m benchmarks.watching` serves the clinic four times on throw-away services (nothing;
numbers; numbers and one trace in twenty; numbers and every trace) and asks for the first page and a
week of free times, in turns; the servers' own processor time for each answer is printed, and its
ratio to that without.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from benchmarks.serving import addresses, ask, free_port, manage, serve
from clinic.lib.tracing.tests.receiver import collecting
from deploy.local.services import Services

ROUNDS = 3
WEEK = "free times, a week (API)"
PAGE = "first page"


def modes(collector: str) -> dict[str, dict[str, str]]:
    metrics = {"METRICS": "emf"}
    traces = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector}
    return {
        "nothing": {},
        "metrics": metrics,
        "and one trace in twenty": metrics | traces,
        "and every trace": metrics | traces | {"TRACES_SHARE": "1"},
    }


def seconds_of(parent: int) -> float:
    """Processor time so far of a server's processes."""
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=True
    )
    ticks = 0
    for pid in [str(parent), *found.stdout.split()]:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def cost(server: subprocess.Popen[bytes], port: int, path: str) -> float:
    """Milliseconds of processor time for one answer."""
    before = seconds_of(server.pid)
    row = ask(port, path)
    assert set(row["statuses"]) == {"200"}, row
    return 1000 * (seconds_of(server.pid) - before) / row["statuses"]["200"]


def report(found: dict[str, dict[str, list[float]]]) -> None:
    for name, by_mode in found.items():
        bare = statistics.median(by_mode["nothing"])
        print(f"{name:32}{'ratio':>8}{'ms':>8}")
        for mode, values in by_mode.items():
            middle = statistics.median(values)
            print(f"  {mode:30}{middle / bare:8.2f}{middle:8.2f}")


def main() -> None:
    os.environ.setdefault("BENCH_VISIT_TYPE", "consultation")
    with (
        tempfile.TemporaryDirectory(prefix="clinic-bench-") as folder,
        Services(Path(folder), throwaway=True) as services,
        collecting() as collector,
    ):
        environment = os.environ | services
        environment |= {
            "SECRET_KEY": "benchmark-" + "0" * 50, "HTTPS": "0", "DEMO": "1", "THROTTLES": "0",
            "ALLOWED_HOSTS": "127.0.0.1", "LOG_LEVEL": "WARNING", "WEB_WORKERS": "1",
        }  # fmt: skip
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "seed_demo")
        servers = {}
        try:
            for mode, more in modes(collector.url).items():
                port = free_port()
                servers[mode] = (serve(environment | more, port), port)
            paths = {name: path for name, path in addresses().items() if name in (WEEK, PAGE)}
            found: dict[str, dict[str, list[float]]] = {
                name: {mode: [] for mode in servers} for name in paths
            }
            for _ in range(ROUNDS):
                for name, path in paths.items():
                    for mode, (server, port) in servers.items():
                        found[name][mode].append(cost(server, port, path))
                        collector.bodies.clear()
        finally:
            for server, _port in servers.values():
                server.terminate()
                server.wait(30)
    report(found)


if __name__ == "__main__":
    main()

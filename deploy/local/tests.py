"""Runs every test: the apps' own, and beside them those of the whole site and of servers.

`python -m deploy.local.tests` starts three runs at once, each on throw-away services of its own,
and shows one after the other; what failed in any of them stands together at the end. Most of a
test is waiting for the other side: three runs on two cores take little more time than the longest
of them. With arguments it is one pytest run.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
PYTEST = [sys.executable, "-m", "pytest"]
WHOLE = ["--durations=15"]  # where the time went, for who would make it less
LONGEST = 300  # characters of a reason
# Of about the same length; `tests/local/test_runs.py` sees that no folder of tests is left out.
RUNS = [
    [
        "notifications",
        "booking",
        "tests/test_canaries_of_documents.py",
        "tests/test_canaries_of_traces.py",
    ],
    ["clinic", "accounts", "tests/access", "tests/browser", "tests/test_canaries.py"],
    [
        *("documents", "tests/brokers", "tests/faults", "tests/local", "tests/races"),
        *("tests/replica", "tests/stores", "deploy/release", "deploy/image", "deploy/sizing"),
        "deploy/beanstalk",
        "deploy/gate",
    ],
]


def main(arguments: list[str]) -> int:
    if arguments:
        return subprocess.run([*PYTEST, *arguments], cwd=ROOT, check=False).returncode
    with tempfile.TemporaryDirectory() as directory, ExitStack() as files:
        reports = [Path(directory) / f"{number}.xml" for number in range(len(RUNS))]
        first, *others = [
            [*PYTEST, *WHOLE, f"--junitxml={report}", *paths]
            for paths, report in zip(RUNS, reports, strict=True)
        ]
        kept = [files.enter_context(tempfile.TemporaryFile("w+")) for _run in others]
        beside = [_start(run, output) for run, output in zip(others, kept, strict=True)]
        try:
            codes = [subprocess.run(first, cwd=ROOT, check=False).returncode]
        finally:  # an interrupt reaches them too: they stop their services and end
            codes_beside = [each.wait() for each in beside]
            for output in kept:
                _show(output)
        failed = [line for report in reports for line in failures(report)]
    if failed:
        print(f"\nWhat failed, of all runs ({len(failed)}):", *failed, sep="\n")
    return next((code for code in [*codes, *codes_beside] if code), 0)


def failures(report: Path) -> Iterator[str]:
    """Of a run's report (JUnit's XML) each test that failed, with the first line of its reason.

    A run that was killed has left none: its own output says why."""
    if not report.exists():
        return
    for case in ElementTree.parse(report).iter("testcase"):
        for reason in (*case.findall("failure"), *case.findall("error")):
            first = reason.get("message", "").strip().partition("\n")[0]
            yield f"{case.get('classname')}::{case.get('name')}: {first[:LONGEST]}"


def _start(command: list[str], output: IO[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)


def _show(output: IO[str]) -> None:
    output.seek(0)
    sys.stdout.write(output.read())
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

"""Runs every test: the apps' own, and beside them those of the whole site and of servers.

`python -m deploy.local.tests` starts three runs at once, each on throw-away services of its own,
and shows one after the other. Most of a test is waiting for the other side: three runs on two
cores take little more time than the longest of them. With arguments it is one pytest run.
"""

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
PYTEST = [sys.executable, "-m", "pytest"]
# Of about the same length; `tests/local/test_runs.py` sees that no folder of tests is left out.
RUNS = [
    ["notifications", "booking", "tests/test_canaries_of_documents.py"],
    ["clinic", "accounts", "tests/access", "tests/browser", "tests/test_canaries.py"],
    [
        *("documents", "tests/brokers", "tests/faults", "tests/local", "tests/races"),
        *("tests/replica", "tests/stores", "deploy/release", "deploy/image"),
    ],
]


def main(arguments: list[str]) -> int:
    if arguments:
        return subprocess.run([*PYTEST, *arguments], cwd=ROOT, check=False).returncode
    first, *others = RUNS
    with ExitStack() as files:
        kept = [files.enter_context(tempfile.TemporaryFile("w+")) for _run in others]
        beside = [_start(paths, output) for paths, output in zip(others, kept, strict=True)]
        try:
            codes = [subprocess.run([*PYTEST, *first], cwd=ROOT, check=False).returncode]
        finally:  # an interrupt reaches them too: they stop their services and end
            codes_beside = [each.wait() for each in beside]
            for output in kept:
                _show(output)
    return next((code for code in [*codes, *codes_beside] if code), 0)


def _start(paths: list[str], output: IO[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*PYTEST, *paths], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)


def _show(output: IO[str]) -> None:
    output.seek(0)
    sys.stdout.write(output.read())
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

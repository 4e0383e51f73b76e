"""Runs every test: the apps' own, and beside them those that start servers and browsers.

`python -m deploy.local.tests` starts two runs at once, each on throw-away services of its own, and
shows one after the other. Most of a test is waiting for the other side: two runs on two cores take
little more time than the longer of them. With arguments it is one pytest run, with those.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
PYTEST = [sys.executable, "-m", "pytest"]
# Of about the same length; `tests/local/test_runs.py` sees that no folder of tests is left out.
SERVERS = ["tests/browser", "tests/local", "tests/races"]
APPS = [
    *("clinic", "accounts", "notifications", "documents", "booking"),
    *("tests/access", "tests/brokers", "tests/faults", "tests/test_canaries.py"),
]


def main(arguments: list[str]) -> int:
    if arguments:
        return subprocess.run([*PYTEST, *arguments], cwd=ROOT, check=False).returncode
    with tempfile.TemporaryFile("w+") as kept:
        beside = _start(SERVERS, kept)
        try:
            first = subprocess.run([*PYTEST, *APPS], cwd=ROOT, check=False).returncode
            second = beside.wait()
        except BaseException:
            beside.wait()  # an interrupt reaches it too: it stops its services and ends
            raise
        finally:
            kept.seek(0)
            sys.stdout.write(kept.read())
            sys.stdout.flush()
    return first or second


def _start(paths: list[str], output: IO[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*PYTEST, *paths], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

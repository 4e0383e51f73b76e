"""`make test` is several runs: together they are every test, and no test is in two."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from deploy.local.tests import ROOT, RUNS, failures


def test_every_test_is_in_one_of_the_runs() -> None:
    files = {path for path in ROOT.rglob("test_*.py") if not _is_foreign(path.relative_to(ROOT))}
    listed = [path for run in RUNS for place in run for path in _tests_in(ROOT / place)]

    assert set(listed) == files
    assert len(listed) == len(set(listed))


def test_what_failed_is_told_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    report = tmp_path / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]

    subprocess.run(
        [*command, f"--junitxml={report}"], cwd=tmp_path, check=False, capture_output=True
    )

    assert list(failures(report)) == [
        "test_it::test_wrong: AssertionError: the reason",
        'test_it::test_broken: failed on setup with "RuntimeError: no ground"',
    ]
    assert list(failures(tmp_path / "of a run that was killed.xml")) == []


TESTS = """
import pytest

@pytest.fixture
def ground():
    raise RuntimeError("no ground")

def test_right(): pass

def test_wrong(): assert False, "the reason"

def test_broken(ground): pass
"""


def _tests_in(place: Path) -> list[Path]:
    return [place] if place.is_file() else list(place.rglob("test_*.py"))


def _is_foreign(path: object) -> bool:
    # The cloud's checks have a virtual environment of their own: `make check-aws`.
    return str(path).startswith((".", "staticfiles", "deploy/aws/"))

"""`make test` is several runs: together they are every test, and no test is in two."""

from __future__ import annotations

from pathlib import Path

from deploy.local.tests import ROOT, RUNS


def test_every_test_is_in_one_of_the_runs() -> None:
    files = {path for path in ROOT.rglob("test_*.py") if not _is_foreign(path.relative_to(ROOT))}
    listed = [path for run in RUNS for place in run for path in _tests_in(ROOT / place)]

    assert set(listed) == files
    assert len(listed) == len(set(listed))


def _tests_in(place: Path) -> list[Path]:
    return [place] if place.is_file() else list(place.rglob("test_*.py"))


def _is_foreign(path: object) -> bool:
    # The cloud's checks have a virtual environment of their own: `make check-aws`.
    return str(path).startswith((".", "staticfiles", "deploy/aws/"))

"""`make test` is two runs: together they are every test."""

from __future__ import annotations

from pathlib import Path

from deploy.local.tests import APPS, ROOT, SERVERS


def test_every_test_is_in_one_of_the_two_runs() -> None:
    files = {path for path in ROOT.rglob("test_*.py") if not _is_foreign(path.relative_to(ROOT))}
    runs = [{path for place in run for path in _tests_in(ROOT / place)} for run in (APPS, SERVERS)]

    assert runs[0] | runs[1] == files
    assert not runs[0] & runs[1]


def _tests_in(place: Path) -> list[Path]:
    return [place] if place.is_file() else list(place.rglob("test_*.py"))


def _is_foreign(path: object) -> bool:
    return str(path).startswith((".", "staticfiles"))

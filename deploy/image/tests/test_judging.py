"""Each judgement is content with a good image, and names what is wrong with a broken one."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.image.check import base, judging, smoke
from deploy.image.check.table import CheckError, Table

GOOD = {
    "User": "10001:10001",
    "Env": ["PATH=/bin", "PORT=8000"],
    "Entrypoint": ["python", "-m", "deploy.image.entry"],
    "Cmd": ["web"],
    "Healthcheck": {"Test": ["CMD", "python", "-m", "deploy.image.health"]},
    "Labels": {
        f"org.opencontainers.image.{name}": "abc"
        for name in ("title", "version", "revision", "base.name")
    },
}


def labels(config: dict) -> str:
    return judging.labels(config, revision="abc")


BROKEN = [
    (judging.user, {"User": ""}, "root"),
    (judging.user, {"User": "clinic"}, "clinic"),
    (judging.user, {"User": "0:0"}, "0:0"),
    (judging.environment, {"Env": ["SECRET_KEY=x"]}, "SECRET_KEY"),
    (judging.programs, {"Entrypoint": None}, "entry point"),
    (judging.programs, {"Entrypoint": ["/bin/sh", "-c", "python"]}, "shell"),
    (judging.health, {"Healthcheck": None}, "health"),
    (labels, {"Labels": {}}, "missing"),
    (labels, {"Labels": {**GOOD["Labels"], "org.opencontainers.image.revision": "x"}}, "commit x"),
]


@pytest.mark.parametrize(("judge", "change", "named"), BROKEN)
def test_a_configuration_is_judged(judge, change, named) -> None:
    assert judge(GOOD) == ""
    assert named in judge({**GOOD, **change})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The files of a good image, as far as they are looked at."""
    for name in ("app/clinic/__pycache__", "app/locale/es/LC_MESSAGES", "etc", "root"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "opt/venv/lib/python3.11/site-packages/django").mkdir(parents=True)
    (tmp_path / "app/clinic/urls.py").write_text("urlpatterns = []\n")
    (tmp_path / "app/clinic/__pycache__/urls.cpython-311.pyc").touch()
    (tmp_path / "app/locale/es/LC_MESSAGES/django.mo").touch()
    return tmp_path


KEY = "-----BEGIN " + "PRIVATE KEY-----\n"
ADDED = [
    (judging.kept_out, "app/clinic/tests/test_urls.py", "", "app/clinic/tests"),
    (judging.kept_out, "app/.git/HEAD", "", "app/.git"),
    (judging.kept_out, "app/.env", "", "app/.env"),
    (judging.development, "opt/venv/lib/python3.11/site-packages/pytest/x", "", "pytest"),
    (judging.secrets, "app/clinic/server.pem", KEY, "server.pem"),
    (judging.secrets, "etc/pip.conf", "", "pip.conf"),
    (judging.secrets, "root/.cache/x", "", "root/.cache"),
    (judging.compiled, "app/clinic/new.py", "", "new.py"),
]


@pytest.mark.parametrize(("judge", "name", "text", "named"), ADDED)
def test_files_are_judged(root: Path, judge, name, text, named) -> None:
    assert judge(root) == ""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)

    assert named in judge(root)


def test_translations_that_nobody_compiled_are_missed(root: Path) -> None:
    (root / "app/locale/es/LC_MESSAGES/django.mo").unlink()

    assert "translations" in judging.compiled(root)


def test_a_file_that_others_may_change_is_named(root: Path) -> None:
    (root / "app/clinic/urls.py").chmod(0o666)

    assert "app/clinic/urls.py" in judging.writable(root)


def test_a_file_with_two_names_weighs_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "b").hardlink_to(tmp_path / "a")

    assert judging.size(tmp_path) == 5


def test_the_bound_is_a_bound() -> None:
    assert judging.too_large(judging.BOUND - 1) == ""
    assert "more than 300" in judging.too_large(judging.BOUND)


@pytest.mark.parametrize("header", ["max-age=60, public", "max-age=315360000", "immutable", ""])
def test_a_static_file_that_is_asked_for_again_is_not_immutable(header: str) -> None:
    assert smoke.immutable("max-age=315360000, public, immutable")
    assert not smoke.immutable(header)


def test_all_stages_are_from_one_image_with_its_release_in_the_name() -> None:
    name = "python:3.11-slim-bookworm"
    good = f"FROM {name} AS build\nFROM {name}\n"
    assert base.wanted(good) == (name, "3.11", "bookworm")

    for broken in (
        "FROM python:3.11\n",
        good + "FROM debian:bookworm\n",
        "FROM python:latest\n",
        "",
    ):
        with pytest.raises(CheckError):
            base.wanted(broken)


def test_one_failure_or_nothing_looked_at_fails_the_whole() -> None:
    lines: list[str] = []
    table = Table(say=lines.append)
    assert not table.passed()

    table.note("this", fact="7 s")
    assert table.passed()

    table.note("that", "is broken")
    assert not table.passed()
    assert lines == ["  ok    this: 7 s", "  FAIL  that: is broken"]

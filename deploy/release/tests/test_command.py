"""The command: it looks before it asks, and asks before it acts."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from deploy.release import __main__ as command
from deploy.release import tools
from deploy.release.cdk import Target
from deploy.release.tests.conftest import COMMIT

DIFF = f"cdk diff -c environment=staging -c release={COMMIT} --all\n"


def run(*arguments: str, typed: str = "") -> int:
    return command.main([*arguments, "--release", COMMIT], ask=lambda question: typed)


def test_the_difference_alone_changes_nothing(aws: Any, said: Path) -> None:
    assert run("staging", "--only", "diff") == 0

    assert said.read_text() == DIFF


@pytest.mark.parametrize("typed", ["", "y", "yes", "production"])
def test_only_the_name_of_the_environment_is_a_yes(
    aws: Any, said: Path, typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("staging", typed=typed) == 1

    assert said.read_text() == DIFF
    assert "Nothing was changed." in capsys.readouterr().err


def test_with_its_name_it_begins(aws: Any, deployed: Target, said: Path) -> None:
    run("staging", "--only", "back", typed="staging")  # there is no such image: it ends there

    assert run("preview", "--pull-request", "41", "--only", "remove", typed="preview-41") == 0
    assert said.read_text().splitlines()[-1].startswith("cdk destroy")


def test_a_whole_release_without_docker_says_what_is_missing(
    aws: Any, said: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: name not in tools.BUILDERS and which(name))

    assert run("staging", typed="staging") == 1

    assert "docker or buildah" in capsys.readouterr().err
    assert said.read_text() == ""


def test_credentials_that_aws_does_not_take_are_said_before_anything(
    said: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))

    assert run("staging") == 1

    assert "AWS does not take these credentials" in capsys.readouterr().err
    assert said.read_text() == ""


@pytest.mark.parametrize("arguments", [("preview",), ("staging", "--pull-request", "1"), ("prod",)])
def test_what_makes_no_sense_is_refused(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(*arguments)


def test_a_release_is_a_commit(
    aws: Any, said: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(tools, "ROOT", tmp_path)  # no checkout

    assert command.main(["staging"]) == 1

    assert "is this a checkout?" in capsys.readouterr().err

"""The pipelines in .github hold no key, and give no right to strangers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.release.tools import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
PINNED = re.compile(r"^[\w.-]+/[\w.-]+@[0-9a-f]{40}$")


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def jobs() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{path.stem}.{name}", job) for path in FILES for name, job in read(path)["jobs"].items()
    ]


def test_there_are_pipelines() -> None:
    assert {path.stem for path in FILES} == {"check", "preview", "release"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_pipeline_may_read_the_code_and_no_more_unless_a_job_says_so(path: Path) -> None:
    assert read(path)["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_stored_key_is_used(path: Path) -> None:
    assert "secrets." not in path.read_text()


@pytest.mark.parametrize(("name", "job"), jobs(), ids=[name for name, _job in jobs()])
def test_what_others_wrote_is_pinned_to_a_commit(name: str, job: dict[str, Any]) -> None:
    used = [step["uses"] for step in job.get("steps", []) if "uses" in step]

    assert [each for each in used if not each.startswith("./") and not PINNED.match(each)] == []


@pytest.mark.parametrize(("name", "job"), jobs(), ids=[name for name, _job in jobs()])
def test_who_reaches_the_account_is_bound_to_an_environment(name: str, job: dict[str, Any]) -> None:
    """The role trusts the environment's name in the token, not a branch that anybody can name."""
    reaches = "id-token" in job.get("permissions", {})
    acts = any("configure-aws-credentials" in step.get("uses", "") for step in job.get("steps", []))

    assert reaches == acts == ("environment" in job)


def test_no_pipeline_runs_strangers_code_with_rights() -> None:
    for path in FILES:
        assert "pull_request_target" not in path.read_text()
    for name, job in jobs():
        if name.startswith("preview.") and "steps" in job and "needs" not in job:
            assert "head.repo.full_name == github.repository" in job["if"], name


def test_production_comes_after_staging_and_staging_after_the_checks() -> None:
    release = read(FOLDER / "release.yml")["jobs"]

    assert release["production"]["needs"] == "staging"
    assert release["production"]["environment"]["name"] == "production"
    assert release["staging"]["needs"] == "check"
    assert release["check"]["uses"] == "./.github/workflows/check.yml"


def test_what_a_pull_request_says_is_never_part_of_a_script() -> None:
    """Its title and its branch are a stranger's words."""
    for name, job in jobs():
        for step in job.get("steps", []):
            assert "${{" not in step.get("run", ""), f"{name}: {step}"


def releases() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    return [
        (name, job, step)
        for name, job in jobs()
        for step in job.get("steps", [])
        if "deploy/scalable.sh" in step.get("run", "")
    ]


def test_who_releases_knows_the_zone_of_the_sites_name() -> None:
    """In the step: a job's environment is not known before it, and the name would be empty."""
    assert len(releases()) == 5
    for name, _job, step in releases():
        assert step["env"]["CLINIC_ZONE_ID"] == "${{ vars.CLINIC_ZONE_ID }}", name


def test_who_builds_the_image_is_a_machine_that_can_run_it() -> None:
    """Nothing is emulated there, and the image is for ARM64."""
    for name, job, step in releases():
        builds = "--only" not in step["run"] and "--image-from" not in step["run"]
        assert ("-arm" in job["runs-on"]) == builds, name


def test_a_command_that_fails_before_a_pipe_is_seen() -> None:
    for name, job in jobs():
        for step in job.get("steps", []):
            if re.search(r"[^|]\|[^|]", step.get("run", "")) and "deploy/" in step["run"]:
                assert step.get("shell") == "bash", name

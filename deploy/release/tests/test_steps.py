"""A release keeps its order, and stops where something fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deploy.aws import outputs as named
from deploy.release import one_off, smoke
from deploy.release.cdk import Target
from deploy.release.errors import ReleaseError
from deploy.release.steps import Release
from deploy.release.tests.conftest import BEFORE, COMMIT, push, repository


@pytest.fixture(autouse=True)
def _a_cluster_and_a_site(monkeypatch: pytest.MonkeyPatch, said: Path) -> None:
    """The task and the site have their own tests; here they write down that it was their turn."""

    def note(what: str) -> Any:
        def noted(*args: object, **kwargs: object) -> None:
            said.write_text(said.read_text() + what + "\n")

        return noted

    monkeypatch.setattr(one_off, "migrate", note("migrate"))
    monkeypatch.setattr(one_off, "make_roles", note("make roles"))
    monkeypatch.setattr(smoke, "smoke", note("smoke"))


def heard(said: Path) -> list[str]:
    """Each call's program, verb and last words: "cdk deploy ... clinic-staging-app"."""
    lines = [" ".join(line.split()) for line in said.read_text().splitlines()]
    return [line for line in lines if not line.startswith("cdk list")]  # that changes nothing


def turns(said: Path) -> list[str]:
    """The same in one word each."""
    return [
        line.rsplit(" ", 1)[-1].removeprefix("clinic-staging-")
        if line.startswith("cdk")
        else " ".join(line.split()[:2])
        if line.startswith("docker")
        else line
        for line in heard(said)
    ]


def test_the_schema_comes_between_the_image_and_what_serves(
    aws: Any, deployed: Target, said: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Release(aws, deployed).whole()

    assert turns(said) == [
        "registry", "docker login", "docker build", "docker push",
        "commands", "migrate", "observability", "smoke",
    ]  # fmt: skip
    assert f"--only back --release {BEFORE}" in capsys.readouterr().out


def test_what_the_environment_has_is_deployed_in_its_order_and_no_more(
    aws: Any, deployed: Target, said: Path
) -> None:
    Release(aws, deployed).whole()

    first = next(line for line in heard(said) if line.startswith("cdk deploy"))
    assert [word for word in first.split() if word.startswith("clinic-staging-")] == [
        f"clinic-staging-{what}" for what in ("network", "data", "messages", "registry")
    ]


def test_a_new_database_gets_its_roles_before_its_schema(
    aws: Any, deployed: Target, said: Path
) -> None:
    del aws.stacks[deployed.stack("app")]

    Release(aws, deployed).whole()

    told = turns(said)
    assert told.index("commands") < told.index("make roles") < told.index("migrate")


def test_the_sites_address_is_asked_for_where_the_edge_stands(
    aws: Any, deployed: Target, said: Path
) -> None:
    Release(aws, deployed).smoke()

    assert aws.regions == ["us-east-1"]


def test_a_failed_migration_leaves_what_serves_alone(
    aws: Any, deployed: Target, said: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **kwargs: object) -> None:
        raise ReleaseError("no")

    monkeypatch.setattr(one_off, "migrate", fails)

    with pytest.raises(ReleaseError):
        Release(aws, deployed).whole()

    assert turns(said)[-1] == "commands"


@pytest.mark.parametrize("step", ["docker:login", "docker:build", "docker:push", "cdk:deploy"])
def test_nothing_is_migrated_after_a_step_that_failed(
    aws: Any, deployed: Target, said: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setenv("FAILS", step)

    with pytest.raises(ReleaseError, match=step.split(":")[1]):
        Release(aws, deployed).whole()

    assert "migrate" not in turns(said)


def test_an_image_that_is_there_is_not_made_again(aws: Any, deployed: Target, said: Path) -> None:
    push(aws, deployed, COMMIT)

    Release(aws, deployed).whole()

    assert "docker build" not in turns(said)


def test_production_takes_the_image_that_staging_ran(
    aws: Any, target: Target, deployed: Target, said: Path
) -> None:
    push(aws, deployed, COMMIT)
    production = Target("production", COMMIT, target.account)
    repository(aws, production)

    with pytest.raises(ReleaseError, match="clinic-production-edge"):  # it has no site here
        Release(aws, production, image_from="staging").whole()

    calls = [line for line in heard(said) if line.startswith("docker")]
    assert [call.split()[1] for call in calls] == ["login", "login", "pull", "tag", "push"]
    assert calls[-1].endswith(f"/clinic-production:{COMMIT}")


def test_production_takes_nothing_that_staging_did_not_run(
    aws: Any, target: Target, deployed: Target, said: Path
) -> None:
    production = Target("production", COMMIT, target.account)
    repository(aws, production)

    with pytest.raises(ReleaseError, match="staging has no image"):
        Release(aws, production, image_from="staging").whole()

    assert "push" not in said.read_text()


def test_going_back_changes_what_serves_and_not_the_schema(
    aws: Any, target: Target, deployed: Target, said: Path
) -> None:
    push(aws, deployed, BEFORE)

    Release(aws, Target("staging", BEFORE, target.account)).back()

    assert turns(said) == ["app", "smoke"]
    assert f"release={BEFORE}" in said.read_text()


def test_one_does_not_go_back_to_what_has_no_image(
    aws: Any, target: Target, deployed: Target, said: Path
) -> None:
    with pytest.raises(ReleaseError, match="no image"):
        Release(aws, Target("staging", BEFORE, target.account)).back()

    assert said.read_text() == ""


@pytest.mark.parametrize("environment", ["production", "staging", "simple"])
def test_what_holds_peoples_data_is_not_removed(
    aws: Any, target: Target, said: Path, environment: str
) -> None:
    with pytest.raises(ReleaseError, match="holds people's data"):
        Release(aws, Target(environment, COMMIT, target.account)).remove()

    assert said.read_text() == ""


def test_a_preview_is_removed_by_its_own_name(aws: Any, target: Target, said: Path) -> None:
    Release(aws, Target("preview", COMMIT, target.account, pull_request="41")).remove()

    (line,) = heard(said)
    assert line.startswith("cdk destroy -c environment=preview")
    assert "pull_request=41" in line


def test_the_password_of_the_registry_is_on_no_command_line(
    aws: Any, deployed: Target, said: Path
) -> None:
    Release(aws, deployed).whole()

    (line,) = [line for line in heard(said) if "login" in line]
    assert line.split()[2:5] == ["--username", "AWS", "--password-stdin"]


def test_the_collector_is_copied_once(aws: Any, deployed: Target, said: Path) -> None:
    aws.client("ecr").batch_delete_image(
        repositoryName=f"collector-{deployed.name}", imageIds=[{"imageTag": named.COLLECTOR_TAG}]
    )

    Release(aws, deployed).whole()

    copied = [line for line in heard(said) if "otel-collector" in line or "collector-" in line]
    assert [line.split()[1] for line in copied] == ["pull", "tag", "push"]


def test_images_are_for_the_machines_that_run_them(aws: Any, deployed: Target, said: Path) -> None:
    Release(aws, deployed).whole()

    (build,) = [line for line in heard(said) if line.startswith("docker build")]
    assert f"--platform {named.PLATFORM}" in build

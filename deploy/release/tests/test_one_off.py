"""The migration's task: it counts only if it ended well."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.aws import outputs as named
from deploy.release import one_off, stacks
from deploy.release.cdk import Target
from deploy.release.errors import ReleaseError


class Cluster:
    """Plays ECS: `looks` are the answers of describe_tasks, the last one for ever; empty: it
    does not know the task."""

    def __init__(self, *looks: dict[str, Any], starts: bool = True) -> None:
        self.looks = list(looks)
        self.starts = starts
        self.asked: dict[str, Any] = {}

    def client(self, name: str) -> Cluster:
        return self

    def run_task(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        if not self.starts:
            return {"tasks": [], "failures": [{"reason": "RESOURCE:ENI"}]}
        return {"tasks": [{"taskArn": "task/1"}], "failures": []}

    def describe_tasks(self, **asked: Any) -> dict[str, Any]:
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return {"tasks": [look] if look else []}


def stopped(code: int | None, why: str = "Essential container in task exited") -> dict[str, Any]:
    return {
        "lastStatus": "STOPPED",
        "stoppedReason": why,
        "containers": [{"name": "collector", "exitCode": 0}, {"name": "release", "exitCode": code}],
    }


RUNNING = {"lastStatus": "RUNNING", "containers": []}


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    told = {
        named.CLUSTER: "clinic",
        named.MIGRATION_TASK: "migrate:7",
        named.ROLES_TASK: "roles:7",
        named.COMMAND_SUBNETS: "subnet-1,subnet-2",
        named.COMMAND_GROUP: "sg-1",
        named.COMMAND_ADDRESS: "DISABLED",
        named.COMMAND_LOGS: "/clinic/staging",
    }
    monkeypatch.setattr(stacks, "outputs", lambda session, target, what: told)
    return told


def migrate(cluster: Cluster) -> None:
    one_off.migrate(cluster, Target("staging", "0" * 40, None), sleep=lambda _: None)  # type: ignore[arg-type]


def test_it_waits_for_the_end_in_private_subnets() -> None:
    cluster = Cluster(RUNNING, RUNNING, stopped(0))

    migrate(cluster)

    network = cluster.asked["networkConfiguration"]["awsvpcConfiguration"]
    assert network["subnets"] == ["subnet-1", "subnet-2"]
    assert network["assignPublicIp"] == "DISABLED"


def test_it_has_an_address_of_its_own_where_tasks_have_one(told: dict[str, str]) -> None:
    told[named.COMMAND_ADDRESS] = "ENABLED"
    cluster = Cluster(stopped(0))

    migrate(cluster)

    network = cluster.asked["networkConfiguration"]["awsvpcConfiguration"]
    assert network["assignPublicIp"] == "ENABLED"


@pytest.mark.parametrize("code", [1, 137, None])
def test_a_task_that_ended_badly_or_never_began_is_a_failure(code: int | None) -> None:
    with pytest.raises(ReleaseError, match="/clinic/staging/release"):
        migrate(Cluster(RUNNING, stopped(code, "CannotPullContainerError")))


def test_the_roles_are_made_by_their_own_task() -> None:
    cluster = Cluster({**stopped(0), "containers": [{"name": "roles", "exitCode": 0}]})

    one_off.make_roles(cluster, Target("staging", "0" * 40, None), sleep=lambda _: None)  # type: ignore[arg-type]

    assert cluster.asked["taskDefinition"] == "roles:7"


def test_a_task_that_cannot_start_is_a_failure_with_its_reason() -> None:
    with pytest.raises(ReleaseError, match="RESOURCE:ENI"):
        migrate(Cluster(starts=False))


def test_a_task_that_is_not_known_yet_is_looked_for_again() -> None:
    migrate(Cluster({}, stopped(0)))


def test_one_that_does_not_end_is_not_waited_for_forever() -> None:
    with pytest.raises(ReleaseError, match="goes on"):
        migrate(Cluster(RUNNING))

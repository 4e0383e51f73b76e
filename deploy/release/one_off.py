"""Commands that run once, as tasks in the cluster: the database's roles, and its migrations."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from deploy.aws import outputs as named
from deploy.release import stacks
from deploy.release.cdk import Target
from deploy.release.errors import ReleaseError

LONGEST = 3600  # seconds: a migration of a large table in batches
LOOK_EVERY = 10


def migrate(session: Any, target: Target, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Raises ReleaseError unless the task ended with success: then nothing else was changed, and
    the code that serves goes on serving."""
    _run(session, target, named.MIGRATION_TASK, named.MIGRATION, sleep)


def make_roles(
    session: Any, target: Target, *, sleep: Callable[[float], None] = time.sleep
) -> None:
    """On a new database, or after a new password was put into a secret. Raises ReleaseError."""
    _run(session, target, named.ROLES_TASK, named.ROLES, sleep)


def _run(
    session: Any, target: Target, definition: str, name: str, sleep: Callable[[float], None]
) -> None:
    told = stacks.outputs(session, target, "commands")
    ecs = session.client("ecs")
    answer = ecs.run_task(
        cluster=told[named.CLUSTER],
        taskDefinition=told[definition],
        launchType="FARGATE",
        startedBy=f"release {target.release[:12]}",
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": told[named.COMMAND_SUBNETS].split(","),
                "securityGroups": [told[named.COMMAND_GROUP]],
                "assignPublicIp": told[named.COMMAND_ADDRESS],
            }
        },
    )
    if not answer["tasks"]:
        reasons = ", ".join(each.get("reason", "no reason") for each in answer["failures"])
        raise ReleaseError(f"The task `{name}` did not start: {reasons}.")
    task = answer["tasks"][0]["taskArn"]
    print(f"{name}: {task}", flush=True)
    _judge(_ended(ecs, told[named.CLUSTER], task, sleep), name, told[named.COMMAND_LOGS])


def _ended(ecs: Any, cluster: str, task: str, sleep: Callable[[float], None]) -> dict[str, Any]:
    for _look in range(LONGEST // LOOK_EVERY):
        # A task that was started a moment ago may not be known yet.
        for found in ecs.describe_tasks(cluster=cluster, tasks=[task])["tasks"]:
            if found["lastStatus"] == "STOPPED":
                return dict(found)
        sleep(LOOK_EVERY)
    raise ReleaseError(
        f"It has run for {LONGEST // 60} minutes and goes on ({task}). Nothing else was changed."
        " See docs/runbook.md before starting it again."
    )


def _judge(task: dict[str, Any], name: str, logs: str) -> None:
    code = next((each.get("exitCode") for each in task["containers"] if each["name"] == name), None)
    if code != 0:
        why = task.get("stoppedReason", "no reason given")
        raise ReleaseError(
            f"The task `{name}` failed (exit code {code}; {why}). Nothing else was changed: the"
            f" release that serves goes on. Its words are in the log group {logs}/{name}."
        )

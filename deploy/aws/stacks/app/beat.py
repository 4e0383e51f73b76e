"""The clock: exactly one. When a release comes the old one stops first, so that never two run."""

from __future__ import annotations

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from deploy.aws.configuration import Tasks
from deploy.aws.stacks.app.environment import Given
from deploy.aws.stacks.app.task import Common, Task
from deploy.aws.stacks.app.timing import STOP_BEAT
from deploy.aws.stacks.network import TASKS, Network

SIZE = Tasks(cpu=256, memory_mib=512, least=1, most=1)


class Beat(Construct):
    """Exposes `service` and `task`."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        common: Common,
        given: Given,
        role: iam.Role,
        network: Network,
    ) -> None:
        super().__init__(scope, name)
        self.task = Task(self, "Task", common=common, name="beat", size=SIZE, role=role)
        run_clock(self.task, given)
        self.service = ecs.FargateService(
            self,
            "Service",
            cluster=common.cluster,
            task_definition=self.task.definition,
            vpc_subnets=TASKS,
            security_groups=[network.tasks],
            assign_public_ip=False,
            platform_version=ecs.FargatePlatformVersion.VERSION1_4,
            desired_count=1,
            min_healthy_percent=0,
            max_healthy_percent=100,
            # To move it to another zone, ECS would start a second one.
            availability_zone_rebalancing=ecs.AvailabilityZoneRebalancing.DISABLED,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
        )


def run_clock(task: Task, given: Given) -> None:
    task.run(
        "beat",
        ["beat"],
        environment=given.beat(),
        secrets=given.beat_secrets(),
        stop_seconds=STOP_BEAT,
    )

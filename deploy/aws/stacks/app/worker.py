"""Background work: each task has one process for each queue, so that none waits for another.

One service and not three: the queues are mostly empty, and two tasks of three small processes are
cheaper than six tasks. When one queue grows, tasks are added for all.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from deploy.aws.stacks.app.environment import Given
from deploy.aws.stacks.app.measures import Quotient, follow, running_tasks
from deploy.aws.stacks.app.task import Common, Task
from deploy.aws.stacks.app.timing import STOP_WORKER
from deploy.aws.stacks.messages import Messages
from deploy.aws.stacks.network import TASKS, Network

QUEUES = ("default", "messages", "documents")
# Work that waits in one queue, for each task. The clock asks for about twenty pieces a minute, each
# of which does all that there is: so many mean that workers are more than a minute behind.
BACKLOG = 30
OUT, IN = cdk.Duration.seconds(60), cdk.Duration.minutes(5)


class Worker(Construct):
    """Exposes `service`, `task` and `scaling`."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        common: Common,
        given: Given,
        role: iam.Role,
        network: Network,
        messages: Messages,
    ) -> None:
        super().__init__(scope, name)
        self.common, self.messages = common, messages
        self.size = common.environment.worker
        self.task = Task(self, "Task", common=common, name="worker", size=self.size, role=role)
        run_workers(self.task, given)
        self.task.collect_traces()
        self.service = ecs.FargateService(
            self,
            "Service",
            cluster=common.cluster,
            task_definition=self.task.definition,
            vpc_subnets=TASKS,
            security_groups=[network.tasks],
            assign_public_ip=False,
            platform_version=ecs.FargatePlatformVersion.VERSION1_4,
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
        )
        self.scaling = self._scaling()

    def _scaling(self) -> ecs.ScalableTaskCount:
        count = self.service.auto_scale_task_count(
            min_capacity=self.size.least, max_capacity=self.size.most
        )
        queues = (self.messages.default, self.messages.messages, self.messages.documents)
        follow(
            self,
            "Backlog",
            count=count,
            target=BACKLOG,
            cooldowns=(OUT, IN),
            quotient=Quotient(
                above=[_waiting(queue) for queue in queues],
                below=running_tasks(self.common.cluster, self.service),
            ),
        )
        return count


def run_workers(task: Task, given: Given) -> None:
    """A container for each queue."""
    for queue in QUEUES:
        task.run(
            queue,
            ["worker", queue],
            environment=given.worker(),
            secrets=given.worker_secrets(),
            stop_seconds=STOP_WORKER,
        )


def _waiting(queue: sqs.IQueue) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/SQS",
        metric_name="ApproximateNumberOfMessagesVisible",
        dimensions_map={"QueueName": queue.queue_name},
        statistic="Average",
    )

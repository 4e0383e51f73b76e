"""What runs once: the task that brings the database up to date, and the cluster that it runs in.

A stack of its own, before the application's: the new image migrates while the old one still serves
(docs/decisions/aws-release.md).
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from deploy.aws import outputs
from deploy.aws.acknowledge import acknowledge
from deploy.aws.configuration import NO_ACCOUNT, Environment, Tasks
from deploy.aws.stacks.app.environment import Given
from deploy.aws.stacks.app.roles import Roles, acknowledge_wildcards
from deploy.aws.stacks.app.task import Common, Task
from deploy.aws.stacks.app.timing import STOP_BEAT
from deploy.aws.stacks.data import Data
from deploy.aws.stacks.data.keys import for_logs, key
from deploy.aws.stacks.messages import Messages
from deploy.aws.stacks.network import Network
from deploy.aws.stacks.registry import Registry

NAME = outputs.MIGRATION
SIZE = Tasks(cpu=512, memory_mib=1024, least=0, most=1)
NOT_COUNTED = (
    "one task is watched by its balancer and its log; what ECS would count beside is paid by "
    "the number"
)


class Commands(cdk.Stack):
    """Exposes `common` (what every task shares, with `cluster`), `given` (settings and secrets),
    `roles`, `task` and `release`, the image's tag."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        network: Network,
        data: Data,
        messages: Messages,
        registry: Registry,
        **stack: Any,
    ) -> None:
        super().__init__(scope, name, **stack)
        own = key(self, "CommandsKey", "Logs, and what the site signs with", environment)
        for_logs(own, environment)
        self.release = self._release(environment)
        self.common = Common(
            environment=environment,
            cluster=self._cluster(network, environment),
            image=ecs.ContainerImage.from_ecr_repository(registry.application, self.release),
            collector=ecs.ContainerImage.from_ecr_repository(
                registry.collector, outputs.COLLECTOR_TAG
            ),
            key=own,
            secret_keys=(own, data.key),
        )
        self.given = Given(
            self,
            environment=environment,
            data=data,
            messages=messages,
            key=own,
            release=self.release,
        )
        self.roles = Roles(environment=environment, data=data, messages=messages)
        self.task = Task(
            self,
            "Task",
            common=self.common,
            name=NAME,
            size=SIZE,
            role=self.roles.release(self, "Role"),
        )
        self.task.run(
            NAME,
            ["release"],
            environment=self.given.release(),
            secrets=self.given.release_secrets(),
            stop_seconds=STOP_BEAT,
            healthy=False,  # it ends by itself; its exit code says how
        )
        self.making_roles = self._making_roles()
        acknowledge_wildcards(self)
        self._outputs(network, environment)

    def _making_roles(self) -> Task:
        """As the database's administrator: on a new database, and to tell it new passwords."""
        task = Task(
            self,
            "Roles",
            common=self.common,
            name=outputs.ROLES,
            size=SIZE,
            role=self.roles.nothing(self, "RolesRole"),
        )
        task.run(
            outputs.ROLES,
            ["roles"],
            environment=self.given.roles(),
            secrets=self.given.roles_secrets(),
            stop_seconds=STOP_BEAT,
            healthy=False,
        )
        return task

    def _release(self, environment: Environment) -> str:
        """The image's tag: the commit it was made of. It never names another image later."""
        tag = self.node.try_get_context("release")
        if tag is None and environment.account != NO_ACCOUNT:
            cdk.Annotations.of(self).add_error("Which release? Say: -c release=COMMIT")
        return tag or "none"

    def _cluster(self, network: Network, environment: Environment) -> ecs.Cluster:
        insights = ecs.ContainerInsights.ENABLED
        if not environment.insights:
            insights = ecs.ContainerInsights.DISABLED
        made = ecs.Cluster(
            self,
            "Fleet",  # the output is called Cluster
            vpc=network.vpc,
            container_insights_v2=insights,
            # Nobody enters a container: what operators do is a command, and leaves a log.
            execute_command_configuration=ecs.ExecuteCommandConfiguration(
                logging=ecs.ExecuteCommandLogging.NONE
            ),
        )
        if not environment.insights:
            acknowledge(made, {"AwsSolutions-ECS4": NOT_COUNTED})
        return made

    def _outputs(self, network: Network, environment: Environment) -> None:
        """`deploy/release` reads them, of this one stack, wherever they come from."""
        self.template_options.metadata = {"cfn-lint": {"config": {"ignore_checks": ["W6001"]}}}
        for name, value in {
            outputs.CLUSTER: self.common.cluster.cluster_name,
            outputs.MIGRATION_TASK: self.task.definition.task_definition_arn,
            outputs.ROLES_TASK: self.making_roles.definition.task_definition_arn,
            outputs.COMMAND_SUBNETS: cdk.Fn.join(
                ",", network.vpc.select_subnets(subnet_group_name="tasks").subnet_ids
            ),
            outputs.COMMAND_GROUP: network.tasks.security_group_id,
            outputs.COMMAND_ADDRESS: "ENABLED" if environment.public_tasks else "DISABLED",
            outputs.COMMAND_LOGS: f"/clinic/{environment.name}",
        }.items():
            cdk.CfnOutput(self, name, value=value)

"""The site: two to ten tasks, released to a tenth of the requests first."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from deploy.aws.acknowledge import acknowledge_lint
from deploy.aws.stacks.app import timing
from deploy.aws.stacks.app.balancer import PORT, Balancer
from deploy.aws.stacks.app.environment import Given
from deploy.aws.stacks.app.measures import Quotient, follow, running_tasks
from deploy.aws.stacks.app.roles import of_service
from deploy.aws.stacks.app.rollback import release_alarms
from deploy.aws.stacks.app.task import Common, Task
from deploy.aws.stacks.network import TASKS, Network

# A web task starts in about half a minute and is then worth having; one too many costs cents.
OUT, IN = cdk.Duration.seconds(60), cdk.Duration.minutes(10)


class Web(Construct):
    """Exposes `service`, `task`, `scaling` (None where there is one task) and `alarms`."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        common: Common,
        given: Given,
        role: iam.Role,
        network: Network,
        balancer: Balancer,
    ) -> None:
        super().__init__(scope, name)
        self.common, self.balancer = common, balancer
        self.size = common.environment.web
        self.task = Task(self, "Task", common=common, name="web", size=self.size, role=role)
        container = self.task.run(
            "web",
            ["web"],
            environment=given.web(),
            secrets=given.web_secrets(),
            stop_seconds=timing.STOP_WEB,
            port=PORT,
        )
        self.task.collect_traces()
        self.service = self._service(network)
        self._register(container)
        self.scaling = None if common.environment.one_task else self._scaling()

    def _service(self, network: Network) -> ecs.FargateService:
        service = ecs.FargateService(
            self,
            "Service",
            cluster=self.common.cluster,
            task_definition=self.task.definition,
            vpc_subnets=TASKS,
            security_groups=[network.tasks],
            assign_public_ip=self.common.environment.public_tasks,
            platform_version=ecs.FargatePlatformVersion.VERSION1_4,
            # No number where tasks scale: a deployment would undo what scaling has chosen.
            desired_count=1 if self.common.environment.one_task else None,
            min_healthy_percent=100,
            max_healthy_percent=200,
            health_check_grace_period=cdk.Duration.seconds(90),
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
            **self._canary(),
        )
        alarms = release_alarms(self, self.balancer)
        self.alarms = alarms
        service.enable_deployment_alarms(
            [alarm.alarm_name for alarm in alarms], behavior=ecs.AlarmBehavior.ROLLBACK_ON_ALARM
        )
        return service

    def _canary(self) -> dict[str, object]:
        if not self.common.environment.canary:
            return {}
        return {
            "deployment_strategy": ecs.DeploymentStrategy.CANARY,
            "canary_configuration": ecs.TrafficShiftConfig(
                step_percent=timing.CANARY_PERCENT,
                step_bake_time=cdk.Duration.minutes(timing.CANARY_MINUTES),
            ),
            "bake_time": cdk.Duration.minutes(timing.BAKE_MINUTES),
        }

    def _register(self, container: ecs.ContainerDefinition) -> None:
        """With the first group of targets; and who may send requests to the second."""
        groups = self.balancer.target_groups
        other: ecs.IAlternateTarget | None = None
        if self.common.environment.canary:
            other = ecs.AlternateTarget(
                "Green",
                alternate_target_group=groups[1],
                production_listener=ecs.ListenerRuleConfiguration.application_listener_rule(
                    self.balancer.rule
                ),
                role=of_service(self, "Shift"),
            )
        target = self.service.load_balancer_target(
            container_name=container.container_name, container_port=PORT, alternate_target=other
        )
        target.attach_to_application_target_group(groups[0])
        if other is None:
            self.service.node.add_dependency(self.balancer.rule)
        else:
            made = self.service.node.default_child
            acknowledge_lint(made, "W3005", "the CDK says twice that it waits for the rule")

    def _scaling(self) -> ecs.ScalableTaskCount:
        """Three measures; the one that wants the most tasks is followed."""
        count = self.service.auto_scale_task_count(
            min_capacity=self.size.least, max_capacity=self.size.most
        )
        count.scale_on_cpu_utilization(
            "Cpu", target_utilization_percent=70, scale_out_cooldown=OUT, scale_in_cooldown=IN
        )
        count.scale_on_memory_utilization(
            "Memory", target_utilization_percent=80, scale_out_cooldown=OUT, scale_in_cooldown=IN
        )
        # Not AWS's own "requests per target": that looks at one group of targets, and after every
        # second release the other one has the requests.
        follow(
            self,
            "Requests",
            count=count,
            target=self.common.environment.requests_a_minute * self.size.cpu / 1024,
            cooldowns=(OUT, IN),
            quotient=Quotient(
                above=[self.balancer.requests()],
                below=running_tasks(self.common.cluster, self.service),
            ),
        )
        return count

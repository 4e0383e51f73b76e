"""A task of the image: read-only, nobody's root, with its log, and who collects its traces."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from deploy.aws.acknowledge import acknowledge
from deploy.aws.configuration import Environment, Tasks
from deploy.aws.stacks.keeping import log_days, removal

NOBODY = "10001:10001"  # the Dockerfile's user
COLLECTOR_MIB = 128
TRACES = "http://127.0.0.1:4318"  # containers of a task share their loopback


@dataclass(frozen=True)
class Common:
    """What every task shares."""

    environment: Environment
    cluster: ecs.Cluster
    image: ecs.ContainerImage
    collector: ecs.ContainerImage
    key: kms.IKey  # of logs
    secret_keys: tuple[kms.IKey, ...]  # of what is read when a task starts


class Task(Construct):
    """A definition to which `run` adds containers. Exposes `definition` and `log_group`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        common: Common,
        name: str,
        size: Tasks,
        role: iam.IRole,
    ) -> None:
        super().__init__(scope, construct_id)
        self.common, self.name = common, name
        environment = common.environment
        self.log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/clinic/{environment.name}/{name}",
            encryption_key=common.key,
            retention=log_days(environment),
            removal_policy=removal(environment),
        )
        self.definition = ecs.FargateTaskDefinition(
            self,
            "Definition",
            family=environment.stack(name),
            cpu=size.cpu,
            memory_limit_mib=size.memory_mib,
            # A fifth less to pay than for X86_64, and every wheel that we lock is made for it.
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.ARM64,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
            task_role=role,
        )
        self._may_open_secrets()
        acknowledge(
            self.definition,
            {
                "AwsSolutions-ECS2": (
                    "addresses and names, which differ by environment; what is secret comes from "
                    "Secrets Manager, and a promise looks for it"
                ),
            },
        )

    def run(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        secrets: Mapping[str, ecs.Secret],
        stop_seconds: int,
        port: int | None = None,
        healthy: bool = True,
    ) -> ecs.ContainerDefinition:
        """A container of the image. `healthy`: it lives on, and is asked whether it does."""
        container = self.definition.add_container(
            name,
            image=self.common.image,
            command=list(command),
            environment=dict(environment),
            secrets=dict(secrets),
            user=NOBODY,
            readonly_root_filesystem=True,
            linux_parameters=self._no_privileges(name),
            health_check=HEALTH if healthy else None,
            stop_timeout=cdk.Duration.seconds(stop_seconds),
            logging=self._logging(name),
            port_mappings=[ecs.PortMapping(container_port=port)] if port else None,
        )
        # All that it may write to: empty at the start, gone with the task.
        volume = f"tmp-{name}"
        self.definition.add_volume(name=volume)
        container.add_mount_points(
            ecs.MountPoint(container_path="/tmp", source_volume=volume, read_only=False)  # noqa: S108
        )
        return container

    def collect_traces(self) -> None:
        """Beside the others, and not missed by them: spans go to it, and from it to X-Ray."""
        self.definition.add_container(
            "collector",
            image=self.common.collector,
            essential=False,
            environment={"AOT_CONFIG_CONTENT": _collecting(self.common.environment.region)},
            memory_limit_mib=COLLECTOR_MIB,
            user=NOBODY,
            readonly_root_filesystem=True,
            linux_parameters=self._no_privileges("collector"),
            logging=self._logging("collector"),
        )

    def _may_open_secrets(self) -> None:
        """Whoever starts the task, not the task; which secrets, `run` says one by one."""
        self.definition.add_to_execution_role_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt"],
                resources=[key.key_arn for key in self.common.secret_keys],
                conditions={"StringEquals": {"kms:ViaService": self._secrets_manager()}},
            )
        )

    def _secrets_manager(self) -> str:
        return f"secretsmanager.{self.common.environment.region}.amazonaws.com"

    def _no_privileges(self, name: str) -> ecs.LinuxParameters:
        # With a first process that passes on the signal to stop and buries what others leave.
        linux = ecs.LinuxParameters(self, f"Linux-{name}", init_process_enabled=True)
        linux.drop_capabilities(ecs.Capability.ALL)
        return linux

    def _logging(self, name: str) -> ecs.LogDriver:
        return ecs.LogDrivers.aws_logs(
            log_group=self.log_group,
            stream_prefix=name,
            # Whoever serves is not held up by his log: what does not fit is lost, and counted.
            mode=ecs.AwsLogDriverMode.NON_BLOCKING,
            max_buffer_size=cdk.Size.mebibytes(8),
        )


# The Dockerfile's own, which ECS does not read.
HEALTH = ecs.HealthCheck(
    command=["CMD", "python", "-m", "deploy.image.health"],
    interval=cdk.Duration.seconds(30),
    timeout=cdk.Duration.seconds(5),
    retries=3,
    start_period=cdk.Duration.seconds(60),
)


def _collecting(region: str) -> str:
    """The collector's configuration: traces in by HTTP from this task alone, out to X-Ray."""
    endpoint = TRACES.removeprefix("http://")
    return json.dumps(
        {
            "receivers": {"otlp": {"protocols": {"http": {"endpoint": endpoint}}}},
            "processors": {"batch": {"timeout": "5s"}, "memory_limiter": _LIMIT},
            "exporters": {"awsxray": {"region": region}},
            "service": {
                "pipelines": {
                    "traces": {
                        "receivers": ["otlp"],
                        "processors": ["memory_limiter", "batch"],
                        "exporters": ["awsxray"],
                    }
                }
            },
        },
        sort_keys=True,
    )


_LIMIT = {"check_interval": "1s", "limit_mib": COLLECTOR_MIB - 32}

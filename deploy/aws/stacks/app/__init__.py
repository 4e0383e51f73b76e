"""The application: web, workers and the clock on Fargate, behind a balancer."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_route53 as route53
from constructs import Construct

from deploy.aws import outputs
from deploy.aws.configuration import Environment
from deploy.aws.stacks.app.balancer import Balancer
from deploy.aws.stacks.app.beat import Beat, run_clock
from deploy.aws.stacks.app.roles import acknowledge_wildcards
from deploy.aws.stacks.app.web import Web
from deploy.aws.stacks.app.worker import Worker, run_workers
from deploy.aws.stacks.commands import Commands
from deploy.aws.stacks.messages import Messages
from deploy.aws.stacks.network import Network


class App(cdk.Stack):
    """Exposes `cluster`; `web`, `worker` and `beat` (each with `service` and `task`; all three are
    the web's where there is one task); `balancer`, `listener`, `certificate`, `target_groups`;
    `log_groups` by service."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        network: Network,
        messages: Messages,
        commands: Commands,
        **stack: Any,
    ) -> None:
        super().__init__(scope, name, **stack)
        shared = {"common": commands.common, "given": commands.given, "network": network}
        roles = commands.roles
        self.cluster = commands.common.cluster
        balancing = Balancer(
            self,
            "Balancing",
            environment=environment,
            network=network,
            zone=zone(self, environment),
        )
        self.balancer = balancing.balancer
        self.listener = balancing.listener
        self.certificate = balancing.certificate
        self.target_groups = balancing.target_groups
        alone = not environment.one_task
        role = (roles.web if alone else roles.together)(self, "WebRole")
        self.web = Web(self, "Web", role=role, balancer=balancing, **shared)
        self.worker: Web | Worker = self.web
        self.beat: Web | Beat = self.web
        if alone:
            role = roles.worker(self, "WorkerRole")
            self.worker = Worker(self, "Worker", role=role, messages=messages, **shared)
            self.beat = Beat(self, "Beat", role=roles.beat(self, "BeatRole"), **shared)
        else:
            run_workers(self.web.task, commands.given)
            run_clock(self.web.task, commands.given)
        tasks = {"web": self.web.task, "worker": self.worker.task, "beat": self.beat.task}
        self.log_groups = {name: task.log_group for name, task in tasks.items()} | {
            "release": commands.task.log_group
        }
        acknowledge_wildcards(self)
        cdk.CfnOutput(self, outputs.RELEASE, value=commands.release)


def zone(scope: Construct, environment: Environment) -> route53.IHostedZone:
    """Where the site's names are kept; it is not ours to make."""
    return route53.HostedZone.from_hosted_zone_attributes(
        scope, "Zone", hosted_zone_id=environment.zone_id, zone_name=environment.zone
    )

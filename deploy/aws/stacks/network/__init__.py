"""The network: a VPC with public, private and isolated subnets, and who may speak to whom."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from deploy.aws.configuration import Environment
from deploy.aws.stacks.network import addresses
from deploy.aws.stacks.network.doors import Doors
from deploy.aws.stacks.network.groups import Groups

PUBLIC, TASKS, STORES = addresses.PUBLIC, addresses.TASKS, addresses.STORES


class Network(cdk.Stack):
    """Exposes `vpc`, and the security groups, each with one purpose: `balancer`, `tasks`
    (web, worker, beat and one-off commands), `proxy` (RDS Proxy), `database`, `cache`, `rotation`
    (what changes the database's passwords)."""

    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, **stack: Any
    ) -> None:
        super().__init__(scope, name, **stack)
        self.vpc = addresses.vpc(self, environment)
        groups = Groups(self, self.vpc, environment)
        self.balancer = groups.balancer
        self.tasks = groups.tasks
        self.proxy = groups.proxy
        self.database = groups.database
        self.cache = groups.cache
        self.rotation = groups.rotation
        Doors(self, "Endpoints", environment=environment, vpc=self.vpc, group=groups.doors)

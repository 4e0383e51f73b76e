"""The network: a VPC with public, private and isolated subnets, and who may speak to whom."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from deploy.aws.configuration import Environment

PUBLIC = ec2.SubnetSelection(subnet_group_name="public")  # the balancer
TASKS = ec2.SubnetSelection(subnet_group_name="tasks")  # the application
STORES = ec2.SubnetSelection(subnet_group_name="stores")  # database and cache: no way out


class Network(cdk.Stack):
    """Exposes `vpc`, and the security groups, each with one purpose: `balancer`, `tasks`
    (web, worker, beat and one-off commands), `proxy` (RDS Proxy), `database`, `cache`."""

    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, **stack: Any
    ) -> None:
        super().__init__(scope, name, **stack)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            availability_zones=environment.availability_zones,
            nat_gateways=environment.nat_gateways,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="public", subnet_type=ec2.SubnetType.PUBLIC),
                ec2.SubnetConfiguration(name="tasks", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
                ec2.SubnetConfiguration(name="stores", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            ],
        )
        self.balancer = self._group("Balancer", "Requests from CloudFront, to the web tasks")
        self.tasks = self._group("Tasks", "The application")
        self.proxy = self._group("Proxy", "RDS Proxy, from the application")
        self.database = self._group("Database", "PostgreSQL")
        self.cache = self._group("Cache", "Valkey, from the application")

    def _group(self, name: str, purpose: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self, name, vpc=self.vpc, description=purpose, allow_all_outbound=False
        )

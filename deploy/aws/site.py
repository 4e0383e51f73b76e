"""One whole environment: its stacks, each given what it needs of those before it."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from deploy.aws.configuration import NO_ACCOUNT, NO_ZONE, Environment
from deploy.aws.stacks.app import App
from deploy.aws.stacks.commands import Commands
from deploy.aws.stacks.data import Data
from deploy.aws.stacks.data.backups import Copies
from deploy.aws.stacks.edge import REGION as EDGE_REGION
from deploy.aws.stacks.edge import Edge
from deploy.aws.stacks.messages import Messages
from deploy.aws.stacks.messages.hooks import Hooks
from deploy.aws.stacks.network import Network
from deploy.aws.stacks.observability import Observability
from deploy.aws.stacks.observability.edge import EdgeAlarms
from deploy.aws.stacks.registry import Registry


class Site:
    """Not a construct: `clinic-production-data` is to be the stack's name and its path."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        self.environment = environment
        where = cdk.Environment(account=environment.account, region=environment.region)
        # What the edge is told by stacks of another region goes by way of Parameter Store.
        abroad = {"cross_region_references": True} if environment.region != EDGE_REGION else {}
        self.network = Network(
            scope, environment.stack("network"), environment=environment, env=where
        )
        self.data = Data(
            scope,
            environment.stack("data"),
            environment=environment,
            network=self.network,
            env=where,
            **abroad,
        )
        self.messages = Messages(
            scope, environment.stack("messages"), environment=environment, env=where
        )
        self.hooks = Hooks(
            scope,
            environment.stack("hooks"),
            environment=environment,
            messages=self.messages,
            env=where,
        )
        self.copies = self._copies(scope) if environment.keeps_data else None
        self.registry = Registry(
            scope, environment.stack("registry"), environment=environment, env=where
        )
        self.commands = Commands(
            scope,
            environment.stack("commands"),
            environment=environment,
            network=self.network,
            data=self.data,
            messages=self.messages,
            registry=self.registry,
            env=where,
        )
        self.app = App(
            scope,
            environment.stack("app"),
            environment=environment,
            network=self.network,
            messages=self.messages,
            commands=self.commands,
            env=where,
            **abroad,
        )
        self.edge = Edge(
            scope,
            environment.stack("edge"),
            environment=environment,
            data=self.data,
            app=self.app,
            env=cdk.Environment(account=environment.account, region=EDGE_REGION),
            **abroad,
        )
        self.hooks.add_stack_dependency(
            self.edge
        )  # SNS wants an answer when it subscribes the site
        self.observability = Observability(
            scope,
            environment.stack("observability"),
            environment=environment,
            data=self.data,
            messages=self.messages,
            app=self.app,
            env=where,
        )
        self.edge_alarms = self._edge_alarms(scope) if environment.keeps_data else None
        if environment.account != NO_ACCOUNT and environment.zone_id == NO_ZONE:
            cdk.Annotations.of(self.network).add_error("Which zone of Route 53? Set CLINIC_ZONE_ID")
        for stack in self.stacks():
            cdk.Tags.of(stack).add("project", "clinic")
            cdk.Tags.of(stack).add("environment", environment.name)

    def stacks(self) -> list[cdk.Stack]:
        away = [self.copies] if self.copies else []
        return [
            self.network,
            *away,
            self.data,
            self.messages,
            self.registry,
            self.commands,
            self.app,
            self.edge,
            self.hooks,
            *([self.edge_alarms] if self.edge_alarms else []),
            self.observability,
        ]

    def _edge_alarms(self, scope: Construct) -> EdgeAlarms:
        """Beside what they watch."""
        return EdgeAlarms(
            scope,
            self.environment.stack("edge-alarms"),
            environment=self.environment,
            edge=self.edge,
            env=cdk.Environment(account=self.environment.account, region=EDGE_REGION),
        )

    def _copies(self, scope: Construct) -> Copies:
        """Before the data, whose backups are copied to it."""
        environment = self.environment
        away = cdk.Environment(account=environment.account, region=environment.second_region)
        made = Copies(scope, environment.stack("copies"), environment=environment, env=away)
        self.data.add_stack_dependency(made)
        return made

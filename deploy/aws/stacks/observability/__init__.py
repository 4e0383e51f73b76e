"""Watching: who is told when something breaks, a page that shows how things are, who did what."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from deploy.aws.configuration import Environment
from deploy.aws.stacks.app import App
from deploy.aws.stacks.data import Data
from deploy.aws.stacks.data.backups import vault_name
from deploy.aws.stacks.data.keys import for_logs, key
from deploy.aws.stacks.messages import Messages
from deploy.aws.stacks.observability import serving, stores, work
from deploy.aws.stacks.observability.alarms import Alarms
from deploy.aws.stacks.observability.budget import budget
from deploy.aws.stacks.observability.dashboard import dashboard
from deploy.aws.stacks.observability.happenings import Happenings
from deploy.aws.stacks.observability.topic import operators
from deploy.aws.stacks.observability.trail import Trail, never


class Observability(cdk.Stack):
    """Where no patients are (docs/decisions/aws-alarms.md) only whether the site is there, whether
    work is done, dead letters and the budget. Exposes `topic`, which operators read."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        data: Data,
        messages: Messages,
        app: App,
        **stack: Any,
    ) -> None:
        super().__init__(scope, name, **stack)
        self.wanted, self.data, self.messages, self.app = environment, data, messages, app
        self.key = key(
            self, "ObservabilityKey", "The trail, and what operators are told", environment
        )
        for_logs(self.key, environment)
        self.topic = operators(self, environment, self.key)
        alarms = Alarms(self, environment, self.topic)
        serving.balancer(alarms, app, all_of_them=environment.keeps_data)
        still = work.stands_still(alarms, environment)
        work.dead_letters(alarms, messages)
        budget(self, environment)
        if environment.keeps_data:
            self._for_patients(alarms, still)

    def _for_patients(self, alarms: Alarms, still: cloudwatch.IAlarm) -> None:
        environment, data, app = self.wanted, self.data, self.app
        serving.certificate(alarms, app.certificate, of="balancer")
        serving.tasks(alarms, app, environment)
        stores.database(alarms, data, environment)
        stores.cache(alarms, environment)
        work.queues(alarms, self.messages, environment)
        work.sending(alarms, environment, still)
        work.seals(self, alarms, app.log_groups["worker"])
        work.people(alarms, environment)
        work.functions(alarms)
        vault = vault_name(environment)
        work.backups(alarms, vault)
        happenings = Happenings(self, "Happenings", environment=environment, topic=self.topic)
        happenings.releases(list(serving.services(app).values()))
        happenings.backups(vault)
        happenings.database(data)
        happenings.rotations()
        trail = Trail(self, "Trail", environment=environment, key=self.key, data=data)
        never(self, alarms, trail.log)
        dashboard(
            self,
            environment=environment,
            data=data,
            messages=self.messages,
            app=app,
            alarms=self._told(),
        )

    def _told(self) -> list[cloudwatch.IAlarm]:
        """Those that tell somebody, by name."""
        found = [
            each
            for each in self.node.children
            if isinstance(each, cloudwatch.Alarm | cloudwatch.CompositeAlarm)
        ]
        return sorted(found, key=lambda alarm: alarm.node.id)

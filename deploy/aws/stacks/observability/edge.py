"""Alarms of CloudFront and the firewall. Their numbers are in us-east-1 alone, and an alarm is
where its numbers are: so they stand there too, with a topic of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from deploy.aws.configuration import Environment
from deploy.aws.stacks.data.keys import key
from deploy.aws.stacks.edge import REGION, Edge
from deploy.aws.stacks.observability.alarms import QUIET, Alarms
from deploy.aws.stacks.observability.metrics import FIVE, aws
from deploy.aws.stacks.observability.serving import certificate
from deploy.aws.stacks.observability.topic import operators

FAILING = 5  # percent of what CloudFront answers
BLOCKED = 5000  # requests in five minutes


class EdgeAlarms(cdk.Stack):
    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, edge: Edge, **stack: Any
    ) -> None:
        super().__init__(scope, name, **stack)
        here = replace(environment, region=REGION)
        telling = key(self, "EdgeAlarmsKey", "What operators are told of CloudFront", here)
        alarms = Alarms(self, here, operators(self, here, telling, name="edge-alarms"))
        alarms.add(
            "edge-errors",
            "CloudFront answers with errors.",
            aws(
                "CloudFront",
                "5xxErrorRate",
                {"DistributionId": edge.distribution.distribution_id, "Region": "Global"},
                period=FIVE,
            ),
            above=FAILING,
            times=(2, 2),
            missing=QUIET,  # nobody asked
        )
        alarms.add(
            "firewall-blocks",
            "The firewall refuses many requests: an attack, or a rule that is wrong.",
            aws(
                "WAFV2",
                "BlockedRequests",
                {"WebACL": str(edge.web_acl.name), "Rule": "ALL"},
                statistic="Sum",
                period=FIVE,
            ),
            above=BLOCKED,
            times=(1, 1),
            missing=QUIET,
        )
        certificate(alarms, edge.certificate, of="edge")

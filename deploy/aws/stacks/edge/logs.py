"""Logs of CloudFront and the firewall: which fields they have is chosen, and no address of a page.

Paths and queries name people: staff search patients, and links in mails carry what opens them.
CloudFront's older logs have all of it; these have what we name. What a page was, the application
says by its route.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from deploy.aws.configuration import Environment
from deploy.aws.stacks.keeping import log_days, removal

FIELDS = (
    "date",
    "time",
    "x-edge-location",
    "x-edge-result-type",
    "x-edge-detailed-result-type",
    "x-edge-request-id",
    "c-ip",  # who it was, should somebody attack; the firewall counts by it
    "cs-method",
    "cs-protocol-version",
    "ssl-protocol",
    "sc-status",
    "sc-bytes",
    "cs-bytes",
    "time-taken",
    "time-to-first-byte",
)


class EdgeLogs(Construct):
    """Exposes `requests` and `firewall`, log groups; `of` begins the first."""

    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, key: kms.IKey
    ) -> None:
        super().__init__(scope, name)
        self.environment, self.key = environment, key
        self.requests = self._group("Requests", f"/clinic/{environment.name}/cloudfront")
        # The name's beginning is what the firewall asks for.
        self.firewall = self._group("Firewall", f"aws-waf-logs-clinic-{environment.name}")
        self._may_be_written()

    def _group(self, name: str, called: str) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            name,
            log_group_name=called,
            encryption_key=self.key,
            retention=log_days(self.environment),
            removal_policy=removal(self.environment),
        )

    def _may_be_written(self) -> None:
        """By AWS's own service that carries logs, and for this account's sources only."""
        for group in (self.requests, self.firewall):
            group.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal("delivery.logs.amazonaws.com")],
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    resources=[group.log_group_arn],
                    conditions={"StringEquals": {"aws:SourceAccount": self.environment.account}},
                )
            )

    def of(self, distribution: cloudfront.Distribution) -> None:
        name = f"clinic-{self.environment.name}-requests"
        source = logs.CfnDeliverySource(
            self,
            "Source",
            name=name,
            log_type="ACCESS_LOGS",
            resource_arn=distribution.distribution_arn,
        )
        destination = logs.CfnDeliveryDestination(
            self,
            "Destination",
            name=name,
            destination_resource_arn=self.requests.log_group_arn,
            output_format="json",
        )
        delivery = logs.CfnDelivery(
            self,
            "Delivery",
            delivery_source_name=source.name,
            delivery_destination_arn=destination.attr_arn,
            record_fields=list(FIELDS),
        )
        delivery.node.add_dependency(source)
        policy = self.requests.node.try_find_child("Policy")
        if isinstance(policy, cdk.Resource):
            delivery.node.add_dependency(policy)

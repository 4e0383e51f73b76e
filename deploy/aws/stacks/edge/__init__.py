"""What the world meets: CloudFront with its firewall, and the site's name.

It stands in us-east-1, wherever the rest is: only there do CloudFront's certificate, firewall
and logs exist. Shield Standard guards every distribution by itself: nothing is to be switched on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from deploy.aws import outputs
from deploy.aws.configuration import Environment
from deploy.aws.stacks.app import App, zone
from deploy.aws.stacks.data import Data
from deploy.aws.stacks.data.keys import for_logs, key
from deploy.aws.stacks.edge.firewall import Firewall
from deploy.aws.stacks.edge.logs import EdgeLogs
from deploy.aws.stacks.edge.serving import distribution

REGION = "us-east-1"


class Edge(cdk.Stack):
    """Exposes `distribution`, `web_acl` and `certificate`."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        data: Data,
        app: App,
        **stack: Any,
    ) -> None:
        super().__init__(scope, name, **stack)
        here = replace(environment, region=REGION)
        logs_key = key(self, "EdgeKey", "Logs of CloudFront and the firewall", here)
        for_logs(logs_key, here)
        logs = EdgeLogs(self, "Logs", environment=here, key=logs_key)
        names = zone(self, environment)
        self.certificate = acm.Certificate(
            self,
            "Certificate",
            domain_name=environment.domain,
            validation=acm.CertificateValidation.from_dns(names),
        )
        self.web_acl = Firewall(self, "Firewall", environment=here, log=logs.firewall).web_acl
        self.distribution = distribution(
            self,
            "Distribution",
            environment=environment,
            certificate=self.certificate,
            web_acl=self.web_acl,
            balancer=app.balancer,
            files=data.static,
        )
        logs.of(self.distribution)
        self._names(environment, names)
        cdk.CfnOutput(self, outputs.SITE_URL, value=f"https://{environment.domain}")

    def _names(self, environment: Environment, names: route53.IHostedZone) -> None:
        target = route53.RecordTarget.from_alias(targets.CloudFrontTarget(self.distribution))
        for kind in (route53.ARecord, route53.AaaaRecord):
            kind(
                self, kind.__name__, zone=names, record_name=f"{environment.domain}.", target=target
            )

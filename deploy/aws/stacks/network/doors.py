"""Doors to AWS's own services: the way there never leaves AWS's network.

What is not here is not needed: KMS is asked by the services themselves, a task's rights come from
Fargate and not from STS, and metrics travel in log lines.
"""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from deploy.aws.configuration import Environment

SERVICES = {
    "Images": ec2.InterfaceVpcEndpointAwsService.ECR,
    "Layers": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "Secrets": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    "Queues": ec2.InterfaceVpcEndpointAwsService.SQS,
    "Mail": ec2.InterfaceVpcEndpointAwsService.EMAIL,
    "Texts": ec2.InterfaceVpcEndpointAwsService.SNS,
    "Traces": ec2.InterfaceVpcEndpointAwsService.XRAY,
}
TASKS = "tasks"  # the subnets' name


class Doors(Construct):
    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        vpc: ec2.Vpc,
        group: ec2.SecurityGroup,
    ) -> None:
        super().__init__(scope, name)
        # Files, and the layers of images: for nothing, wherever the rest goes.
        ec2.GatewayVpcEndpoint(
            self,
            "Files",
            vpc=vpc,
            service=ec2.GatewayVpcEndpointAwsService.S3,
            subnets=[ec2.SubnetSelection(subnet_group_name=TASKS)],
        )
        if not environment.endpoint_zones:
            return
        # A door is paid by zone and serves the other zones too (docs/decisions/aws-network.md).
        zones = environment.availability_zones[: environment.endpoint_zones]
        for what, service in SERVICES.items():
            ec2.InterfaceVpcEndpoint(
                self,
                what,
                vpc=vpc,
                service=service,
                subnets=ec2.SubnetSelection(subnet_group_name=TASKS, availability_zones=zones),
                security_groups=[group],
                private_dns_enabled=True,
                open=False,  # the group's own rules say who comes in
            )

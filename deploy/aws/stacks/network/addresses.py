"""Subnets, the way out of them, and a log of who spoke to whom."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from deploy.aws.acknowledge import INLINE, acknowledge, acknowledge_lint
from deploy.aws.configuration import Environment
from deploy.aws.stacks.keeping import log_days, removal

PUBLIC = ec2.SubnetSelection(subnet_group_name="public")  # the balancer
TASKS = ec2.SubnetSelection(subnet_group_name="tasks")  # the application
STORES = ec2.SubnetSelection(subnet_group_name="stores")  # database and cache: no way out


def vpc(scope: Construct, environment: Environment) -> ec2.Vpc:
    no_way_out = ec2.SubnetType.PRIVATE_ISOLATED
    made = ec2.Vpc(
        scope,
        "Vpc",
        ip_addresses=ec2.IpAddresses.cidr("10.20.0.0/16"),
        availability_zones=environment.availability_zones,
        nat_gateways=environment.nat_gateways,
        restrict_default_security_group=True,  # whoever forgets to name a group reaches nothing
        subnet_configuration=[
            ec2.SubnetConfiguration(
                name="public",
                subnet_type=ec2.SubnetType.PUBLIC,
                cidr_mask=24,
                map_public_ip_on_launch=False,
            ),
            ec2.SubnetConfiguration(
                name="tasks",
                subnet_type=_way_out(environment),
                cidr_mask=20,
                **({"map_public_ip_on_launch": False} if environment.public_tasks else {}),
            ),
            ec2.SubnetConfiguration(name="stores", subnet_type=no_way_out, cidr_mask=24),
        ],
    )
    _flow_log(scope, made, environment)
    _acknowledge(made, environment)
    return made


def _way_out(environment: Environment) -> ec2.SubnetType:
    """Of the tasks. Public: by addresses of their own; their group lets in the balancer alone."""
    if environment.public_tasks:
        return ec2.SubnetType.PUBLIC
    if environment.nat_gateways:
        return ec2.SubnetType.PRIVATE_WITH_EGRESS
    return ec2.SubnetType.PRIVATE_ISOLATED


def _flow_log(scope: Construct, made: ec2.Vpc, environment: Environment) -> None:
    """Who spoke to whom, refused or not: addresses and ports, never what was said."""
    key = kms.Key(
        scope,
        "FlowLogKey",
        description="Flow logs of the network",
        enable_key_rotation=True,
        removal_policy=removal(environment),
    )
    key.grant_encrypt_decrypt(iam.ServicePrincipal(f"logs.{environment.region}.amazonaws.com"))
    group = logs.LogGroup(
        scope,
        "FlowLogs",
        encryption_key=key,
        retention=log_days(environment),
        removal_policy=removal(environment),
    )
    role = iam.Role(
        scope, "FlowLogRole", assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com")
    )
    made.add_flow_log(
        "FlowLog",
        destination=ec2.FlowLogDestination.to_cloud_watch_logs(group, role),
        traffic_type=ec2.FlowLogTrafficType.ALL,
    )
    acknowledge(role, INLINE)


def _acknowledge(made: ec2.Vpc, environment: Environment) -> None:
    for subnet in [*made.public_subnets, *made.private_subnets, *made.isolated_subnets]:
        acknowledge_lint(
            subnet.node.default_child,
            "W3010",
            "synthesis asks no account, so the zones are named in the configuration",
        )
    provider = made.stack.node.find_child("Custom::VpcRestrictDefaultSGCustomResourceProvider")
    acknowledge_lint(
        provider.node.find_child("Handler"), "W3005", "the CDK's own, and without consequence"
    )
    for subnet in made.public_subnets:
        acknowledge(
            subnet,
            {
                "HIPAA.Security-VPCNoUnrestrictedRouteToIGW": (
                    "tasks ask services of AWS by this way, as their addresses are public; who "
                    "comes in by it meets a group that lets in the balancer alone"
                    if environment.public_tasks
                    else "the balancer stands here, and answers CloudFront through this route"
                )
            },
        )
    acknowledge(
        made,
        {
            "HIPAA.Security-VPCDefaultSecurityGroupClosed": (
                "it is closed by the custom resource beside it, which the rule cannot see"
            )
        },
    )

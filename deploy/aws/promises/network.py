"""The network: nobody comes in but CloudFront, and every door says who may pass."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.aws.promises.cloud import Cloud, Resource, text
from deploy.aws.promises.promise import broken_by, promise

OPEN = ("0.0.0.0/0", "::/0")


def incoming(cloud: Cloud) -> Iterator[tuple[str, dict[str, object]]]:
    """Each rule of what comes in, with the name of where it stands."""
    for group in cloud.all("AWS::EC2::SecurityGroup"):
        for rule in group.get("SecurityGroupIngress", []):
            yield str(group), rule
    for rule in cloud.all("AWS::EC2::SecurityGroupIngress"):
        yield str(rule), rule.properties


def outgoing(cloud: Cloud) -> Iterator[tuple[str, dict[str, object]]]:
    for group in cloud.all("AWS::EC2::SecurityGroup"):
        for rule in group.get("SecurityGroupEgress", []):
            yield str(group), rule
    for rule in cloud.all("AWS::EC2::SecurityGroupEgress"):
        yield str(rule), rule.properties


@promise()
def nobody_comes_in_from_everywhere(cloud: Cloud) -> Iterator[str]:
    for where, rule in incoming(cloud):
        if any(rule.get(name) in OPEN for name in ("CidrIp", "CidrIpv6")):
            yield f"{where} admits the whole internet"


@broken_by(nobody_comes_in_from_everywhere)
def _the_balancer_is_open(cloud: Cloud) -> None:
    balancer = cloud.named("AWS::EC2::SecurityGroup", "Balancer")
    balancer.properties["SecurityGroupIngress"] = [{"CidrIp": "0.0.0.0/0", "FromPort": 443}]


@promise()
def every_rule_is_for_one_port(cloud: Cloud) -> Iterator[str]:
    for where, rule in [*incoming(cloud), *outgoing(cloud)]:
        if rule.get("CidrIp") == "255.255.255.255/32":  # the CDK's way to say: nowhere
            continue
        if rule.get("IpProtocol") != "tcp" or rule.get("FromPort") != rule.get("ToPort"):
            yield f"{where} opens more than one port"


@broken_by(every_rule_is_for_one_port)
def _all_ports(cloud: Cloud) -> None:
    rule = next(cloud.all("AWS::EC2::SecurityGroupIngress"))
    rule.properties["ToPort"] = 65535


@promise("production", "staging")
def nothing_reaches_the_open_internet(cloud: Cloud) -> Iterator[str]:
    for nat in cloud.all("AWS::EC2::NatGateway"):
        yield f"{nat} leads out"
    for where, rule in outgoing(cloud):
        if any(rule.get(name) in OPEN for name in ("CidrIp", "CidrIpv6")):
            yield f"{where} may speak to everybody"
    public = {text(route.get("RouteTableId")) for route in _to_gateways(cloud)}
    for linked in cloud.all("AWS::EC2::SubnetRouteTableAssociation", stack="network"):
        if text(linked.get("RouteTableId")) in public and "public" not in linked.name:
            yield f"{linked} has a way out"


def _to_gateways(cloud: Cloud) -> Iterator[Resource]:
    for route in cloud.all("AWS::EC2::Route"):
        if route.get("GatewayId"):
            yield route


@broken_by(nothing_reaches_the_open_internet)
def _a_rule_says_everybody(cloud: Cloud) -> None:
    tasks = cloud.named("AWS::EC2::SecurityGroup", "Tasks")
    tasks.properties.setdefault("SecurityGroupEgress", []).append({"CidrIp": "0.0.0.0/0"})


@broken_by(nothing_reaches_the_open_internet)
def _the_stores_get_a_route(cloud: Cloud) -> None:
    route = next(_to_gateways(cloud))
    links = cloud.all("AWS::EC2::SubnetRouteTableAssociation", stack="network")
    stores = next(each for each in links if "stores" in each.name)
    route.properties["RouteTableId"] = stores.get("RouteTableId")


@promise()
def who_spoke_to_whom_is_written_down(cloud: Cloud) -> Iterator[str]:
    logged = {text(log.get("ResourceId")) for log in cloud.all("AWS::EC2::FlowLog")}
    for vpc in cloud.all("AWS::EC2::VPC"):
        if text({"Ref": vpc.name}) not in logged:
            yield f"{vpc} has no flow log"
    for log in cloud.all("AWS::EC2::FlowLog"):
        if log.get("TrafficType") != "ALL":
            yield f"{log} leaves something out"


@broken_by(who_spoke_to_whom_is_written_down)
def _only_what_was_refused(cloud: Cloud) -> None:
    next(cloud.all("AWS::EC2::FlowLog")).properties["TrafficType"] = "REJECT"


@broken_by(who_spoke_to_whom_is_written_down)
def _no_flow_log(cloud: Cloud) -> None:
    log = next(cloud.all("AWS::EC2::FlowLog"))
    del cloud.templates[log.stack]["Resources"][log.name]


@promise()
def whoever_names_no_group_reaches_nothing(cloud: Cloud) -> Iterator[str]:
    if not list(cloud.all("Custom::VpcRestrictDefaultSG")):
        yield "the VPC's default security group is as AWS makes it: open among its members"


@broken_by(whoever_names_no_group_reaches_nothing)
def _as_aws_makes_it(cloud: Cloud) -> None:
    closing = next(cloud.all("Custom::VpcRestrictDefaultSG"))
    del cloud.templates[closing.stack]["Resources"][closing.name]

"""Nothing is made that docs/capacity.md does not pay for."""

from __future__ import annotations

from collections import Counter

from deploy.aws.promises.cloud import Cloud
from deploy.sizing.bill import ENDPOINTS, counted


def test_no_more_is_made_than_is_paid(cloud: Cloud) -> None:
    made = Counter(each.kind for each in cloud.all())
    paid = counted(cloud.environment)

    assert {kind: made[kind] for kind, number in paid.items() if made[kind] > number} == {}


def test_what_is_paid_by_the_hour_is_made(cloud: Cloud) -> None:
    made = Counter(each.kind for each in cloud.all())
    paid = counted(cloud.environment)

    for kind in ("AWS::RDS::DBInstance", "AWS::RDS::DBProxy", "AWS::EC2::NatGateway"):
        assert made[kind] == paid[kind], kind


def test_each_way_to_a_service_is_paid(cloud: Cloud) -> None:
    doors = [
        each
        for each in cloud.all("AWS::EC2::VPCEndpoint")
        if each.get("VpcEndpointType") == "Interface"
    ]
    zones = [len(door.get("SubnetIds")) for door in doors]

    assert sum(zones) == ENDPOINTS * cloud.environment.endpoint_zones

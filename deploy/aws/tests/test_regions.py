"""What has to be known of each region beforehand, because nobody is asked for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match

from deploy.aws import outputs, regions
from deploy.aws.configuration import NO_ZONE, production
from deploy.aws.promises.cloud import Cloud, text
from deploy.aws.site import Site
from deploy.aws.stacks.app.environment import RDS_AUTHORITIES
from deploy.aws.synthesis import context, synthesise
from deploy.aws.tests.test_settings import ROOT

AUTHORITIES = ROOT / RDS_AUTHORITIES.removeprefix("/app/")


def test_the_database_can_prove_who_it_is_in_every_region() -> None:
    text = AUTHORITIES.read_text()

    for region in regions.CLOUDFRONT:
        assert f"# {region}\n-----BEGIN CERTIFICATE-----" in text


def test_the_image_brings_the_authorities_along() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()

    assert f"!{AUTHORITIES.relative_to(ROOT)}" in lines


def test_a_volume_at_tmp_has_the_rights_that_the_image_gives_it() -> None:
    """Else Fargate mounts it as root's, and nobody but root writes to it."""
    assert 'VOLUME ["/tmp"]' in (ROOT / "Dockerfile").read_text().splitlines()


def test_elsewhere_than_in_us_east_1_the_edge_still_stands_there(tmp_path: Path) -> None:
    """What CloudFront is told of the balancer and the files then crosses regions."""
    europe = replace(production(), region="eu-west-1", second_region="eu-central-1")

    made = synthesise(europe, tmp_path)

    assert made.findings == []
    (record,) = Cloud(europe, made.templates).all("AWS::CloudFront::VpcOrigin")
    assert record.stack == "edge"
    assert "Fn::ImportValue" not in text(made.templates["edge"])


def test_a_release_asks_for_each_stack_where_it_stands() -> None:
    site = Site(cdk.App(context=context()), replace(production(), region="eu-west-1"))

    assert {"edge": site.edge.region} == outputs.ELSEWHERE


@pytest.mark.parametrize(("zone", "refused"), [(NO_ZONE, 1), ("Z0123456789ABC", 0)])
def test_without_the_zone_of_its_names_nothing_is_deployed(zone: str, refused: int) -> None:
    ours = replace(production(), account="222233334444", zone_id=zone)

    site = Site(cdk.App(context=context() | {"release": "0" * 40}), ours)

    found = Annotations.from_stack(site.network).find_error(
        "*", Match.string_like_regexp("CLINIC_ZONE_ID")
    )
    assert len(found) == refused
